//! axe-core: what keeps people from using the page, as far as a program can find it.

use anyhow::{Context, Result};
use std::fs;

use crate::environment;
use crate::page::Page;

/// Holds the page as it is now against all rules of axe-core, and returns what breaks one.
///
/// # Errors
/// If axe-core does not run.
pub async fn faults(page: &Page) -> Result<Vec<String>> {
    if page.execute("return typeof axe", vec![]).await? != "object" {
        let path = environment::axe()?;
        let script = fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
        page.execute(&script, vec![]).await?;
    }
    Ok(serde_json::from_value(page.execute_async(RUN, vec![]).await?)?)
}

const RUN: &str = r"
const [done] = arguments;
const words = fault => fault.nodes.map(node =>
  `${fault.id}: ${fault.help}\n  ${node.html}\n  ${node.failureSummary.replaceAll('\n', '\n  ')}`);
const judge = ({ passes, violations }) => passes.length ? violations.flatMap(words) : ['axe-core looked at nothing'];
axe.run(document, { resultTypes: ['violations'] })
  .then(found => done(judge(found)), error => done([`axe-core failed: ${error}`]));
";
