//! The tables that the benchmarks print.

/// A table in Markdown whose columns line up.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    pub fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    /// A row.
    pub fn add(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// A row of times, ours first.
    pub fn add_nanos(&mut self, name: &str, nanos: &[f64]) {
        let best_peer = nanos[1..].iter().copied().fold(f64::INFINITY, f64::min);
        let mut row = vec![name.to_owned()];
        row.extend(nanos.iter().map(|&nanos| duration(nanos)));
        row.push(format!("{:.2}", best_peer / nanos[0]));
        self.add(row);
    }

    /// Prints it.
    pub fn print(&self) {
        let widths: Vec<usize> = (0..self.rows[0].len())
            .map(|column| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
            .collect();
        for (index, row) in self.rows.iter().enumerate() {
            print!("| {:<width$} |", row[0], width = widths[0]);
            for (cell, width) in row.iter().zip(&widths).skip(1) {
                print!(" {cell:>width$} |");
            }
            println!();
            if index == 0 {
                print!("| {} |", "-".repeat(widths[0]));
                for width in &widths[1..] {
                    print!(" {}: |", "-".repeat(width - 1));
                }
                println!();
            }
        }
    }
}

fn duration(nanos: f64) -> String {
    match nanos {
        0.0..100.0 => format!("{nanos:.1} ns"),
        ..10_000.0 => format!("{nanos:.0} ns"),
        _ => format!("{:.1} µs", nanos / 1e3),
    }
}
