//! PostgreSQL store of Morket: production storage with row-level security.
