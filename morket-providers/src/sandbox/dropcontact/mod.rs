#[derive(Debug, Default)]
pub(super) struct Tasks;
