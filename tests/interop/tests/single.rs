//! What the page does with a system in one case: a failure that only that system has, a deployment, another browser.

#[path = "single/deployed.rs"]
mod deployed;
#[path = "single/failures.rs"]
mod failures;
#[path = "single/firefox.rs"]
mod firefox;
#[path = "single/limits.rs"]
mod limits;
