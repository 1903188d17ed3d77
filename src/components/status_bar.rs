//! The bar at the foot: what the log is of, when and where, and its figures at a glance. Each part leads to more.

use mqttscope_link::View as EngineView;
use mqttscope_text::number;
use mqttscope_text::time::date_text;
use mqttscope_text::zone::Zone;
use yew::prelude::*;

use super::element::{element, text, words};
use super::form_dsl::View;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// The bar. `file` is the capture that was read last, until there is another connection.
pub fn status_bar(view: &View, shown: &EngineView, file: Option<&str>, zone: &Zone) -> Html {
    let (log, connection) = (&shown.log, &view.connection);
    let glance = log.glance;
    let place = match file {
        Some(file) => file.to_owned(),
        None if connection.url.is_empty() => "no broker".to_owned(),
        None => connection.url.clone(),
    };
    let rows = number::counted(log.end.saturating_sub(log.first).into(), " row", " rows");
    let rate = concat(&[&number::grouped(glance.rate.into()), " packets/s"]);
    let [ours, theirs] = glance.in_flight.map(|count| number::grouped(count.into()));
    let in_flight = concat(&[&ours, " out, ", &theirs, " in flight"]);
    let faults = number::counted(glance.violations, " fault", " faults");
    let budget = concat(&[" of ", &view.page.text(Field::LogBudget), " MB"]);
    let memory = concat(&[&number::size(glance.bytes), &budget]);
    let class = if glance.violations > 0 { "red" } else { "" };
    let parts = vec![
        part(&Command::GoToConnect, "place", "Go to the connection", &place),
        part(&Command::FindRow, "when", "Go to a row or a time", &date_and_zone(view.now, zone)),
        part(&Command::FollowNewest, "", "To the newest row", &rows),
        part(&Command::ShowStatistics, "", "Show the statistics", &rate),
        part(&Command::ShowStatistics, "flight", "Show the statistics", &in_flight),
        faults_part(class, &faults),
        part(&Command::FindBudget, "memory", "Change how much the log keeps", &memory),
    ];
    element("footer", &["class", "aria-label"], &[Some("status-bar"), Some("Status")], parts)
}

/// A part, and what it leads to.
fn part(command: &Command, class: &str, title: &str, said: &str) -> Html {
    let keys = &["type", "class", "data-deed", "title"];
    let title = concat(&[said, ": ", title]);
    let values = [Some("button"), Some(class), Some(command.name()), Some(&*title)];
    element("button", keys, &values, vec![words("span", "", said)])
}

/// The faults, which a filter finds.
fn faults_part(class: &str, said: &str) -> Html {
    let keys = &["type", "class", "data-deed", "data-filter", "title"];
    let values =
        [Some("button"), Some(class), Some(FILTER.name()), Some("violation"), Some("Show the broken rules")];
    element("button", keys, &values, vec![text(said)])
}

/// The date, and what local time is ahead of UTC: `2026-11-30, UTC+1`.
fn date_and_zone(now_millis: u64, zone: &Zone) -> String {
    let micros = now_millis * 1_000;
    let minutes = zone.minutes_at(micros);
    let (sign, ahead) = if minutes < 0 { ("\u{2212}", -minutes) } else { ("+", minutes) };
    let (hours, rest) = (ahead as u64 / 60, ahead as u64 % 60);
    let mut said = concat(&[&date_text(zone.local(micros)), ", UTC"]);
    if ahead != 0 {
        said.push_str(&concat(&[sign, &number::plain(hours)]));
    }
    if rest != 0 {
        said.push_str(&concat(&[":", &number::plain(100 + rest)[1..]]));
    }
    said
}

/// Its filter stands beside it in the document.
const FILTER: Command = Command::FilterBy(String::new());

#[cfg(test)]
mod tests {
    use super::*;
    use mqttscope_text::zone::Offset;

    #[test]
    fn a_zone_is_said_by_its_hours() {
        let said = |minutes| {
            let zone = Zone::new(vec![Offset { from: 0, minutes }]);
            date_and_zone(1_796_083_200_000, &zone)
        };
        assert_eq!(said(0), "2026-12-01, UTC");
        assert_eq!(said(60), "2026-12-01, UTC+1");
        assert_eq!(said(345), "2026-12-01, UTC+5:45");
        assert_eq!(said(-570), "2026-11-30, UTC\u{2212}9:30");
    }
}
