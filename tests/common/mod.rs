//! What the browser tests share: the document, and waiting.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[allow(dead_code, reason = "not every test has a page")]
pub mod engine;
#[allow(dead_code, reason = "not every test has an engine")]
pub mod linked;

/// Waits until something is so; a test that waits for more than ten seconds fails.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if is_so() {
            return;
        }
        pause(10).await;
    }
    panic!("not within 10 s: {what}");
}

/// Lets other tasks run for so long.
pub async fn pause(millis: i32) {
    let promise = Promise::new(&mut |resolve, _| {
        let set_timeout = Reflect::get(&js_sys::global(), &"setTimeout".into()).expect("browsers have it");
        let set_timeout: Function = set_timeout.unchecked_into();
        set_timeout.call2(&JsValue::NULL, &resolve, &millis.into()).expect("it does not throw");
    });
    JsFuture::from(promise).await.expect("it is resolved");
}

/// Lets the browser tell of sizes and scroll positions, and draw what follows from them.
#[allow(dead_code, reason = "not every test has a page")]
pub async fn frames() {
    let next = "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))";
    for _ in 0..2 {
        let promise = Function::new_no_args(next).call0(&JsValue::NULL).expect("a promise");
        JsFuture::from(promise.unchecked_into::<Promise>()).await.expect("it is resolved");
    }
}
