//! Prints what the benchmarks measured as one report: `mqttscope-bench CRITERION_FOLDER BROWSER_RESULTS`.

#[cfg(not(target_arch = "wasm32"))]
mod report;

#[cfg(not(target_arch = "wasm32"))]
fn main() -> anyhow::Result<()> {
    report::print()
}

// The package's wasm half is its library.
#[cfg(target_arch = "wasm32")]
fn main() {}
