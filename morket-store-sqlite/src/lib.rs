//! SQLite store of Morket: embedded, durable, one writer with group commit.
