//! What an import needs beside the tables: the right to say where numbering goes on. Only databases
//! with rights have anything to do.

use super::Migration;

pub(super) static MOVING: Migration = Migration { number: 5, name: "moving", up: &[], down: &[] };
