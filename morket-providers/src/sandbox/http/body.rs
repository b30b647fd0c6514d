//! Bodies that come in chunks.

/// The most bytes of a chunk's first line, and of all trailers.
const MOST_LINE: usize = 4096;

/// The whole body and how many bytes it took; none while some are missing.
pub(super) fn chunked(input: &[u8], most: usize) -> Result<Option<(Vec<u8>, usize)>, u16> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let Some(line) = line(&input[at..])? else { return Ok(None) };
        at += line.len() + 2;
        let size = size(line)?;
        if size == 0 {
            return Ok(trailers(&input[at..])?.map(|used| (body, at + used)));
        }
        if body.len() + size > most {
            return Err(413);
        }
        let Some(chunk) = input.get(at..at + size + 2) else { return Ok(None) };
        let (data, end) = chunk.split_at(size);
        if end != b"\r\n" {
            return Err(400);
        }
        body.extend_from_slice(data);
        at += size + 2;
    }
}

fn line(input: &[u8]) -> Result<Option<&[u8]>, u16> {
    match input.windows(2).position(|two| two == b"\r\n") {
        Some(end) if end <= MOST_LINE => Ok(Some(&input[..end])),
        None if input.len() <= MOST_LINE => Ok(None),
        _ => Err(400),
    }
}

/// The hexadecimal number before any extension.
fn size(line: &[u8]) -> Result<usize, u16> {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let hexadecimal = (1..16).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    let text = std::str::from_utf8(digits).map_err(|_| 400_u16)?;
    if hexadecimal { usize::from_str_radix(text, 16).map_err(|_| 413) } else { Err(400) }
}

fn trailers(input: &[u8]) -> Result<Option<usize>, u16> {
    let mut at = 0;
    while let Some(line) = line(&input[at..])? {
        at += line.len() + 2;
        if line.is_empty() {
            return Ok(Some(at));
        }
        if at > MOST_LINE {
            return Err(431);
        }
    }
    Ok(None)
}
