//! End-to-end tests: the built page in a real browser, the real gateway, a real broker.
