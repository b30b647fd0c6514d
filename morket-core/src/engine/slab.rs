//! Numbered places that are used again.

/// Values under numbers; a number is used again once its value was taken.
#[derive(Clone, Debug)]
pub(super) struct Slab<T> {
    places: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { places: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub(super) fn put(&mut self, value: T) -> usize {
        match self.free.pop() {
            Some(at) => {
                self.places[at] = Some(value);
                at
            }
            None => {
                self.places.push(Some(value));
                self.places.len() - 1
            }
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.places.get(at).and_then(Option::as_ref)
    }

    pub(super) fn get_mut(&mut self, at: usize) -> Option<&mut T> {
        self.places.get_mut(at).and_then(Option::as_mut)
    }

    pub(super) fn take(&mut self, at: usize) -> Option<T> {
        let value = self.places.get_mut(at).and_then(Option::take);
        if value.is_some() {
            self.free.push(at);
        }
        value
    }

    pub(super) fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.places.iter().enumerate().filter_map(|(at, it)| it.as_ref().map(|it| (at, it)))
    }
}
