//! What Morket's SQL stores share: tables, rows and every step, written once over a small session trait.
