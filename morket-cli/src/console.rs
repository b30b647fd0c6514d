//! What goes to whom: data to standard output, everything else to standard error.

use crate::exit::Failure;
use comfy_table::{ContentArrangement, Table, presets};
use std::io::{BufRead, IsTerminal, Write};

/// What the user wants to see and be asked.
#[derive(Clone, Copy, Debug, Default)]
pub struct Console {
    /// Standard output holds JSON alone.
    pub json: bool,
    /// Nothing but errors on standard error.
    pub quiet: bool,
    /// Never ask.
    pub no_input: bool,
    /// Every question is answered with yes.
    pub yes: bool,
}

impl Console {
    /// A line of data.
    pub fn data(&self, line: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        Ok(out.flush()?)
    }

    /// The last line for scripts: where standard output holds a table, it goes beside it.
    pub fn last(&self, line: &str, table_out: bool) -> Result<(), Failure> {
        match table_out {
            true => self.say(line),
            false => self.data(line)?,
        }
        Ok(())
    }

    /// A line for the person who waits.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            self.say(line);
        }
    }

    /// A line that is shown whatever was asked for.
    pub fn say(&self, line: &str) {
        // A closed standard error is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }

    /// Whether somebody is there to answer.
    pub fn can_ask(&self) -> bool {
        let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
        terminal && !self.no_input && !self.json
    }

    /// Whether progress may be drawn.
    pub fn can_draw(&self) -> bool {
        std::io::stderr().is_terminal() && !self.quiet && !self.json
    }

    /// A question and what was answered, trimmed.
    pub fn ask(&self, question: &str) -> Result<String, Failure> {
        let mut err = std::io::stderr().lock();
        write!(err, "{question} ")?;
        err.flush()?;
        let mut answer = String::new();
        std::io::stdin().lock().read_line(&mut answer)?;
        Ok(answer.trim().to_owned())
    }

    /// A question that is answered with yes or no.
    pub fn confirm(&self, question: &str) -> Result<bool, Failure> {
        let answer = self.ask(&format!("{question} [y/N]"))?;
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }
}

/// A table for people: as wide as its content, or as the terminal.
pub fn table<H, R, C>(head: H, rows: R) -> String
where
    H: IntoIterator<Item = &'static str>,
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(width) = window().and_then(|it| u16::try_from(it).ok()) {
        // Cells are broken within their column, not lines at the edge.
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    }
    table.set_header(head.into_iter().map(str::to_owned));
    for row in rows {
        table.add_row(row.into_iter().map(|cell| shown(&cell)));
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// How many letters fit in a line, where both outputs are a window. The last column is left free,
/// or some terminals wrap.
pub fn window() -> Option<usize> {
    if !std::io::stdout().is_terminal() || !std::io::stderr().is_terminal() {
        return None;
    }
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok()?;
        Some(usize::from(size.ws_col)).filter(|it| *it > 1).map(|it| it - 1)
    }
    #[cfg(not(unix))]
    None
}

/// Text from outside as it may stand on a terminal: without what would move its cursor or hide.
pub fn shown(text: &str) -> String {
    let plain = |letter: char| match letter {
        '\n' | '\r' | '\t' => ' ',
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        letter if letter.is_control() => '\u{fffd}',
        letter => letter,
    };
    text.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{202e}"), "a\u{fffd}[2Jb c\u{fffd}");
        let table = table(["a", "b"], [["1".to_owned(), "\u{7}".to_owned()]]);
        assert_eq!(table, " a  b\n 1  \u{fffd}");
    }
}
