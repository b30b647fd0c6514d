//! What goes to whom: data to standard output, everything else to standard error.

use crate::exit::Failure;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
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
    let head: Vec<&str> = head.into_iter().collect();
    let rows = rows.into_iter().map(|row| row.into_iter().map(|cell| shown(&cell)).collect());
    arranged(&head, rows.collect(), window())
}

/// The same in a window of so many letters, or as wide as it likes.
fn arranged(head: &[&'static str], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.iter().map(|it| (*it).to_owned()));
    if let Some(width) = width {
        let Some(least) = least(head, &rows, width) else { return listed(head, &rows) };
        // Cells are broken within their column, not lines at the edge.
        let fits = |it: usize| u16::try_from(it).unwrap_or(u16::MAX);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(fits(width));
        let bound = |it| ColumnConstraint::LowerBoundary(Width::Fixed(fits(it)));
        table.set_constraints(least.into_iter().map(bound));
    }
    for row in rows {
        table.add_row(row);
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// From here on what a row is called stays whole before other cells do: it is for copying.
const ROOMY: usize = 60;

/// The least that each column takes, so that as little as may be is broken within words; nothing
/// where not even the headers fit.
fn least(head: &[&str], rows: &[Vec<String>], width: usize) -> Option<Vec<usize>> {
    let word = |text: &str| text.split(' ').map(|it| it.chars().count()).max().unwrap_or(0) + 2;
    let heads: Vec<usize> = head.iter().map(|it| word(it)).collect();
    let with = |columns: usize| {
        let mut least = heads.clone();
        for row in rows {
            for (least, cell) in least.iter_mut().zip(row).take(columns) {
                *least = word(cell).max(*least);
            }
        }
        least
    };
    let named = if width < ROOMY { 0 } else { 1 };
    let choices = [with(head.len()), with(named), heads.clone()];
    choices.into_iter().find(|it| it.iter().sum::<usize>() <= width)
}

/// Where not even the headers fit beside each other: a line for each cell.
fn listed(head: &[&str], rows: &[Vec<String>]) -> String {
    let wide = head.iter().map(|it| it.len()).max().unwrap_or(0);
    let line = |(name, cell): (&&str, &String)| format!(" {name:wide$}  {cell}");
    let row = |row: &Vec<String>| head.iter().zip(row).map(line).collect::<Vec<_>>().join("\n");
    rows.iter().map(row).collect::<Vec<_>>().join("\n\n")
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

/// So many of something that takes an `s`: `1 row`, `2 rows`.
pub fn count(number: u64, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
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

    /// A summary in a window of so many letters.
    fn check(width: Option<usize>, expected: &[&str]) {
        let head = ["provider", "calls", "cost", "per value"];
        let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
        let one = row(["people-data-labs", "12", "1.96 USD", "0.2177 USD"]);
        let rows = vec![one, row(["hunter", "4", "price unknown", "-"])];
        let told = arranged(&head, rows, width);
        assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{width:?}");
    }

    #[test]
    fn a_table_fits_its_window() {
        let wide = [
            " provider          calls  cost           per value",
            " people-data-labs  12     1.96 USD       0.2177 USD",
            " hunter            4      price unknown  -",
        ];
        check(None, &wide);
        check(Some(60), &wide);
        let broken = [
            " provider  calls  cost       per value",
            " people-d  12     1.96 USD   0.2177",
            " ata-labs                    USD",
            " hunter    4      price      -",
            "                  unknown",
        ];
        check(Some(39), &broken);
        let narrow = [
            " provider   people-data-labs",
            " calls      12",
            " cost       1.96 USD",
            " per value  0.2177 USD",
            "",
            " provider   hunter",
            " calls      4",
            " cost       price unknown",
            " per value  -",
        ];
        check(Some(29), &narrow);
    }

    #[test]
    fn what_a_run_is_called_can_be_copied() {
        let id = "01a200b6-6c36-7226-a9db-ab073e07c9b8";
        let row = [id, "2026-11-22T00:44", "leads.csv", "45/400", "running"];
        let rows = vec![row.map(str::to_owned).to_vec()];
        let told = arranged(&["run", "begun", "name", "rows", "state"], rows, Some(79));
        assert!(told.contains(id) && told.lines().all(|it| it.len() <= 79), "{told}");
    }

    #[test]
    fn one_is_not_several() {
        let told = [0, 1, 2].map(|it| count(it, "row"));
        assert_eq!(told, ["0 rows", "1 row", "2 rows"]);
    }

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        assert_eq!(shown("a\u{1b}[2Jb\nc\u{202e}"), "a\u{fffd}[2Jb c\u{fffd}");
        let table = table(["a", "b"], [["1".to_owned(), "\u{7}".to_owned()]]);
        assert_eq!(table, " a  b\n 1  \u{fffd}");
    }
}
