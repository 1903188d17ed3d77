//! What the browser tests share: the document, and waiting.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

#[allow(dead_code, reason = "not every test has a page")]
pub mod engine;

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
