//! The page as a person finds it: controls by their role and accessible name, rows of the log.

use anyhow::{Context, Result, bail, ensure};
use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MOUSE_BUTTON_RIGHT, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, Locator};
use http::Method;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use url::Url;

use crate::environment;
use crate::keys;
use crate::log::Log;
use crate::wait::{self, Look};

/// The page, open in a browser window of its own.
#[derive(Clone)]
pub struct Page {
    client: Client,
    /// Whether the browser itself was told something that outlasts the page.
    is_altered: Arc<AtomicBool>,
}

/// A control of the page. It is looked for each time that it is used, since the page may draw anew.
pub struct Control<'a> {
    page: &'a Page,
    role: Role,
    name: String,
}

/// What kind of control has the name.
#[derive(Clone, Copy, Debug)]
enum Role {
    Field,
    Button,
    Checkbox,
    Select,
    File,
}

impl Role {
    fn selector(self) -> &'static str {
        match self {
            Self::Field => {
                "input:not([type=checkbox]):not([type=radio]):not([type=file]):not([type=button]), textarea, \
                 [role=textbox]"
            }
            Self::Button => "button, [role=button], input[type=button], input[type=submit]",
            Self::Checkbox => "input[type=checkbox], [role=checkbox], [role=switch]",
            Self::Select => "select, [role=combobox], [role=listbox]",
            Self::File => "input[type=file]",
        }
    }
}

impl Page {
    /// The page of a browser that has opened it.
    pub fn new(client: Client) -> Self {
        Self { client, is_altered: Arc::default() }
    }

    /// Closes its window.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn close(self) -> Result<()> {
        Ok(self.client.close().await?)
    }

    /// Leaves the browser for another page: with an empty window, without what this one has stored. `None` if the
    /// browser is not as it was; then it is closed.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn leave(self) -> Result<Option<Client>> {
        if self.is_altered.load(Ordering::Relaxed) {
            return self.close().await.map(|()| None);
        }
        let origin = self.client.current_url().await?.origin().ascii_serialization();
        let everything = json!({ "origin": origin, "storageTypes": "all" });
        // What belongs to a tab goes with it, such as its history.
        let tab = self.client.new_window(true).await?;
        self.client.close_window().await?;
        self.client.switch_to_window(tab.handle).await?;
        self.dev_tools("Storage.clearDataForOrigin", everything).await?;
        // The end of a connection is told to the console of the page that had it.
        self.console_errors().await?;
        Ok(Some(self.client))
    }

    /// Opens the address and waits until the page has drawn its controls.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn open(client: Client, url: &str) -> Result<Self> {
        Self::new(client).goto(url).await
    }

    /// As [`Page::open`], in the window that this page has.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn goto(self, url: &str) -> Result<Self> {
        self.client.goto(url).await?;
        wait::until_within(Duration::from_secs(20), "the page to start", async || {
            // Behind a question nothing else can be reached.
            for name in ["Connect", "Do not connect"] {
                if self.button(name).find().await.is_ok() {
                    return Ok(Look::Ready(()));
                }
            }
            Ok(Look::NotYet(self.client.source().await?))
        })
        .await?;
        Ok(self)
    }

    /// A field for text or a number, by its label.
    pub fn field(&self, name: &str) -> Control<'_> {
        self.control(Role::Field, name)
    }

    /// A button.
    pub fn button(&self, name: &str) -> Control<'_> {
        self.control(Role::Button, name)
    }

    /// A check box or a switch.
    pub fn checkbox(&self, name: &str) -> Control<'_> {
        self.control(Role::Checkbox, name)
    }

    /// A list to choose from.
    pub fn select(&self, name: &str) -> Control<'_> {
        self.control(Role::Select, name)
    }

    /// A field for a file.
    pub fn file(&self, name: &str) -> Control<'_> {
        self.control(Role::File, name)
    }

    /// The packet log.
    pub fn log(&self) -> Log<'_> {
        Log::new(self)
    }

    /// The text of the live region that says how the connection is.
    ///
    /// # Errors
    /// If the page has none.
    pub async fn status(&self) -> Result<String> {
        let script = "return document.querySelector('[role=status]')?.textContent ?? null";
        self.text_of(script, vec![]).await?.context("the page has no element of role status")
    }

    /// Waits until the status says this, in capitals or not.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn wait_for_status(&self, text: &str) -> Result<String> {
        wait::until(&format!("the status '{text}'"), async || {
            let status = self.status().await?;
            let is_it = status.to_lowercase().contains(&text.to_lowercase());
            Ok(if is_it { Look::Ready(status) } else { Look::NotYet(format!("'{status}'")) })
        })
        .await
    }

    /// Waits until this text is somewhere on the page.
    ///
    /// # Errors
    /// If it is not in time.
    pub async fn wait_for_text(&self, text: &str) -> Result<()> {
        wait::until(&format!("the text '{text}'"), async || {
            let found =
                self.execute("return document.body.innerText.includes(arguments[0])", vec![json!(text)]);
            let is_there = found.await? == json!(true);
            Ok(if is_there { Look::Ready(()) } else { Look::NotYet("it is not there".to_owned()) })
        })
        .await
    }

    /// The rows of the list of subscriptions, as text.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn subscriptions(&self) -> Result<Vec<String>> {
        Ok(serde_json::from_value(self.execute(SUBSCRIPTIONS, vec![]).await?)?)
    }

    /// Presses Unsubscribe in the row of this filter.
    ///
    /// # Errors
    /// If there is none.
    pub async fn unsubscribe(&self, filter: &str) -> Result<()> {
        let found = self.execute(UNSUBSCRIBE_BUTTON, vec![json!(filter)]).await?;
        let button =
            self.element(found)?.with_context(|| format!("no Unsubscribe button for the filter {filter}"))?;
        Ok(button.click().await?)
    }

    /// What the console has said at level SEVERE since the last call; in Firefox, where nobody knows what the page
    /// itself has written there, the errors of its scripts and all that was refused.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        if self.client.capabilities().is_some_and(|it| it.get("browserName") == Some(&json!("firefox"))) {
            self.client.issue_cmd(ScriptsRunIn("chrome")).await?;
            let errors = self.execute(TAKE_FIREFOX_ERRORS, vec![]).await;
            self.client.issue_cmd(ScriptsRunIn("content")).await?;
            return Ok(serde_json::from_value(errors?)?);
        }
        let log = self.client.issue_cmd(TakeConsoleLog).await?;
        let entries = log.as_array().context("the console log is a list")?;
        Ok(entries
            .iter()
            .filter(|entry| entry["level"] == "SEVERE")
            .map(|entry| entry["message"].as_str().unwrap_or_default().to_owned())
            .collect())
    }

    /// Writes a picture of the window to NAME.png.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub async fn screenshot(&self, name: &str) -> Result<()> {
        let folder = environment::screenshots();
        fs::create_dir_all(&folder)?;
        let picture = self.client.screenshot().await?;
        fs::write(folder.join(format!("{name}.png")), picture)?;
        Ok(())
    }

    /// Gives the page exactly this much room, in CSS pixels.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn resize(&self, width: u32, height: u32) -> Result<()> {
        let parameters = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.dev_tools("Emulation.setDeviceMetricsOverride", parameters).await.map(drop)
    }

    /// Presents the page as under this system-wide colour scheme: "light" or "dark".
    ///
    /// # Errors
    /// If the session fails.
    pub async fn prefer_colours(&self, scheme: &str) -> Result<()> {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.dev_tools("Emulation.setEmulatedMedia", json!({ "features": features })).await.map(drop)
    }

    /// Opens another tab in front of the page while something happens, and closes it again.
    ///
    /// # Errors
    /// If the session fails, if the page did not become hidden, or with the error of what happens.
    pub async fn while_hidden(&self, what: impl AsyncFnOnce() -> Result<()>) -> Result<()> {
        self.is_altered.store(true, Ordering::Relaxed);
        let note = "document.addEventListener('visibilitychange', \
            () => { if (document.hidden) document.documentElement.dataset.wasHidden = '' })";
        self.execute(note, vec![]).await?;
        let page = self.client.window().await?;
        let tab = self.client.new_window(true).await?;
        self.client.switch_to_window(tab.handle).await?;
        let outcome = what().await;
        self.client.close_window().await?;
        self.client.switch_to_window(page).await?;
        let was_hidden = "return 'wasHidden' in document.documentElement.dataset";
        ensure!(self.execute(was_hidden, vec![]).await? == json!(true), "the page did not become hidden");
        outcome
    }

    /// Presses keys, wherever the focus is; those without a character are in [`keys`].
    ///
    /// # Errors
    /// If nothing has the focus.
    pub async fn press(&self, keys: &str) -> Result<()> {
        Ok(self.client.active_element().await?.send_keys(keys).await?)
    }

    /// Presses keys while Control is held down.
    ///
    /// # Errors
    /// As for [`Page::press`].
    pub async fn press_with_control(&self, keys: &str) -> Result<()> {
        self.press(&format!("{}{keys}{}", keys::CONTROL, keys::RELEASE)).await
    }

    /// Presses keys while Shift is held down.
    ///
    /// # Errors
    /// As for [`Page::press`].
    pub async fn press_with_shift(&self, keys: &str) -> Result<()> {
        self.press(&format!("{}{keys}{}", keys::SHIFT, keys::RELEASE)).await
    }

    /// Clicks the first element that the selector names.
    ///
    /// # Errors
    /// If there is none, or something covers it.
    pub async fn click_at(&self, selector: &str) -> Result<()> {
        let click = async || -> Result<(), CmdError> {
            self.client.find(Locator::Css(selector)).await?.click().await
        };
        let mut clicked = click().await;
        // The page may have drawn anew between the two.
        if clicked.as_ref().is_err_and(CmdError::is_stale_element_reference) {
            clicked = click().await;
        }
        clicked.with_context(|| format!("cannot click {selector}"))
    }

    /// Clicks the first element that the selector names with the right button.
    ///
    /// # Errors
    /// If there is none.
    pub async fn click_right(&self, selector: &str) -> Result<()> {
        self.press_button(selector, MOUSE_BUTTON_RIGHT, 1).await
    }

    /// Presses the entry of that name in the menu that is open.
    ///
    /// # Errors
    /// If there is none.
    pub async fn button_of_menu(&self, name: &str) -> Result<()> {
        let script = "return [...document.querySelectorAll('[role=menuitem]')].find(it =>
            it.textContent === arguments[0]) ?? null";
        let found = self.execute(script, vec![json!(name)]).await?;
        let entry = self.element(found)?.with_context(|| format!("no entry '{name}' in the menu"))?;
        Ok(entry.click().await?)
    }

    /// Clicks the first element that the selector names twice.
    ///
    /// # Errors
    /// If there is none.
    pub async fn click_twice(&self, selector: &str) -> Result<()> {
        self.press_button(selector, MOUSE_BUTTON_LEFT, 2).await
    }

    async fn press_button(&self, selector: &str, button: u64, times: usize) -> Result<()> {
        let element = self.client.find(Locator::Css(selector)).await?;
        let to_it = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let mut actions = MouseActions::new("mouse".into()).then(to_it);
        for _ in 0..times {
            actions = actions.then(PointerAction::Down { button }).then(PointerAction::Up { button });
        }
        Ok(self.client.perform_actions(actions).await?)
    }

    /// Drags the first element that the selector names by so many CSS pixels, in several moves.
    ///
    /// # Errors
    /// If there is none.
    pub async fn drag(&self, selector: &str, (x, y): (f64, f64)) -> Result<()> {
        let element = self.client.find(Locator::Css(selector)).await?;
        let move_by = |part: f64| PointerAction::MoveBy { duration: None, x: x * part, y: y * part };
        let to_it = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
        let actions = MouseActions::new("mouse".into())
            .then(to_it)
            .then(PointerAction::Down { button: MOUSE_BUTTON_LEFT })
            .then(move_by(0.25))
            .then(move_by(0.25))
            .then(move_by(0.5))
            .then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        Ok(self.client.perform_actions(actions).await?)
    }

    /// The texts of all elements that the selector names, also of those that only a screen reader shows.
    ///
    /// # Errors
    /// If the session fails.
    pub async fn texts(&self, selector: &str) -> Result<Vec<String>> {
        let script = "return [...document.querySelectorAll(arguments[0])].map(it => it.textContent)";
        Ok(serde_json::from_value(self.execute(script, vec![json!(selector)]).await?)?)
    }

    /// Waits until the texts of all elements that the selector names are as expected.
    ///
    /// # Errors
    /// If they are not in time.
    pub async fn wait_for_texts(
        &self,
        selector: &str,
        what: &str,
        is_it: impl Fn(&[String]) -> bool,
    ) -> Result<Vec<String>> {
        wait::until(&format!("{what} at {selector}"), async || {
            let texts = self.texts(selector).await?;
            Ok(if is_it(&texts) { Look::Ready(texts) } else { Look::NotYet(format!("{texts:#?}")) })
        })
        .await
    }

    /// Loads the page anew.
    ///
    /// # Errors
    /// If it does not start again.
    pub async fn reload(self) -> Result<Self> {
        let url = self.client.current_url().await?;
        self.goto(url.as_str()).await
    }

    /// Runs a script in the page.
    ///
    /// # Errors
    /// If it throws.
    pub async fn execute(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute(script, args).await?)
    }

    /// Runs a script that hands its result to the function that is its last argument.
    ///
    /// # Errors
    /// If it throws.
    pub async fn execute_async(&self, script: &str, args: Vec<Value>) -> Result<Value> {
        Ok(self.client.execute_async(script, args).await?)
    }

    /// The WebDriver session, for what this type has no word for.
    pub fn client(&self) -> &Client {
        self.is_altered.store(true, Ordering::Relaxed);
        &self.client
    }

    /// Gives the browser a command of its developer tools.
    ///
    /// # Errors
    /// If the browser does not take it.
    pub async fn dev_tools(&self, method: &'static str, parameters: Value) -> Result<Value> {
        self.is_altered.store(true, Ordering::Relaxed);
        Ok(self.client.issue_cmd(DevTools { method, parameters }).await?)
    }

    fn control(&self, role: Role, name: &str) -> Control<'_> {
        Control { page: self, role, name: name.to_owned() }
    }

    async fn text_of(&self, script: &str, args: Vec<Value>) -> Result<Option<String>> {
        Ok(self.execute(script, args).await?.as_str().map(|text| text.trim().to_owned()))
    }

    fn element(&self, found: Value) -> Result<Option<Element>> {
        let Value::Object(reference) = found else { return Ok(None) };
        let id = reference.values().next().and_then(Value::as_str).context("not an element")?;
        Ok(Some(Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned()))))
    }
}

impl Control<'_> {
    /// Replaces what is in the field by typing.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn fill(&self, text: &str) -> Result<()> {
        let element = self.find().await?;
        // At the end of a command every key is released; in Firefox only there.
        element.send_keys(&format!("{}a", keys::CONTROL)).await?;
        Ok(element.send_keys(&format!("{}{text}", keys::DELETE)).await?)
    }

    /// Puts a text into the field that no keyboard can type.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn paste(&self, text: &str) -> Result<()> {
        let element = self.find().await?;
        self.page.execute(PASTE, vec![json!(element), json!(text)]).await?;
        Ok(())
    }

    /// Presses Enter in the field.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn press_enter(&self) -> Result<()> {
        Ok(self.find().await?.send_keys(keys::ENTER).await?)
    }

    /// Clicks it.
    ///
    /// # Errors
    /// If there is no such control or something covers it.
    pub async fn click(&self) -> Result<()> {
        let element = self.find().await?;
        element.click().await.with_context(|| format!("cannot click '{}'", self.name))
    }

    /// Switches the check box on or off, unless it is so already.
    ///
    /// # Errors
    /// If there is no such check box.
    pub async fn set(&self, on: bool) -> Result<()> {
        if self.is_on().await? != on {
            self.click().await?;
            ensure!(self.is_on().await? == on, "'{}' does not switch", self.name);
        }
        Ok(())
    }

    /// Whether the check box is on.
    ///
    /// # Errors
    /// If there is no such check box.
    pub async fn is_on(&self) -> Result<bool> {
        let element = self.find().await?;
        let script = "return arguments[0].checked ?? arguments[0].getAttribute('aria-checked') === 'true'";
        Ok(self.page.execute(script, vec![json!(element)]).await? == json!(true))
    }

    /// Chooses the entry whose text begins with this.
    ///
    /// # Errors
    /// If there is no such list or no such entry.
    pub async fn choose(&self, entry: &str) -> Result<()> {
        let element = self.find().await?;
        for option in element.find_all(Locator::Css("option")).await? {
            if option.text().await?.trim().starts_with(entry) {
                return Ok(option.click().await?);
            }
        }
        bail!("'{}' has no entry '{entry}'", self.name);
    }

    /// What is in the field.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn value(&self) -> Result<String> {
        Ok(self.find().await?.prop("value").await?.unwrap_or_default())
    }

    /// Gives the path of a file to a field for files.
    ///
    /// # Errors
    /// If there is no such field.
    pub async fn upload(&self, path: &Path) -> Result<()> {
        let element = self.find().await?;
        // A driver adds to the files that a field for several has; who picks anew has those alone.
        self.page.execute("arguments[0].value = ''", vec![json!(element)]).await?;
        // It may be hidden behind a button that looks better.
        Ok(element.send_keys(&path.to_string_lossy()).await?)
    }

    /// What the page says to be wrong with this field, if anything: the text that it is described by,
    /// as long as it counts as invalid.
    ///
    /// # Errors
    /// If there is no such control.
    pub async fn error(&self) -> Result<Option<String>> {
        let element = self.find().await?;
        self.page.text_of(FIELD_ERROR, vec![json!(element)]).await
    }

    /// Waits until the page says something to be wrong with this field.
    ///
    /// # Errors
    /// If it does not in time.
    pub async fn wait_for_error(&self) -> Result<String> {
        wait::until(&format!("an error at '{}'", self.name), async || {
            Ok(match self.error().await? {
                Some(error) if !error.is_empty() => Look::Ready(error),
                Some(_) => Look::NotYet("it counts as invalid, but nothing says why".to_owned()),
                None => Look::NotYet("it counts as valid".to_owned()),
            })
        })
        .await
    }

    /// The text that describes this control, whether it is in error or not.
    ///
    /// # Errors
    /// If there is no such control.
    pub async fn description(&self) -> Result<String> {
        let element = self.find().await?;
        Ok(self.page.text_of(DESCRIPTION, vec![json!(element)]).await?.unwrap_or_default())
    }

    /// Waits until something describes this control, and returns it.
    ///
    /// # Errors
    /// If nothing does in time.
    pub async fn wait_for_description(&self) -> Result<String> {
        wait::until(&format!("words at '{}'", self.name), async || {
            let words = self.description().await?;
            Ok(if words.is_empty() { Look::NotYet("nothing".to_owned()) } else { Look::Ready(words) })
        })
        .await
    }

    /// Whether it can be used now.
    ///
    /// # Errors
    /// If there is no such control.
    pub async fn is_enabled(&self) -> Result<bool> {
        let element = self.find().await?;
        let script = "return !arguments[0].disabled && arguments[0].getAttribute('aria-disabled') !== 'true'";
        Ok(self.page.execute(script, vec![json!(element)]).await? == json!(true))
    }

    /// Whether it has the keyboard's focus.
    ///
    /// # Errors
    /// If there is no such control.
    pub async fn has_focus(&self) -> Result<bool> {
        let element = self.find().await?;
        let script = "return document.activeElement === arguments[0]";
        Ok(self.page.execute(script, vec![json!(element)]).await? == json!(true))
    }

    /// Finds the control and brings it into view: opens what is folded around it.
    ///
    /// # Errors
    /// If there is no such control, or a screen reader calls it by another name.
    pub async fn find(&self) -> Result<Element> {
        let args = vec![json!(self.role.selector()), json!(self.name)];
        let found = self.page.execute(FIND_BY_NAME, args).await?;
        let element =
            self.page.element(found)?.with_context(|| format!("no {:?} '{}'", self.role, self.name))?;
        // The script only goes by labels and attributes; what a screen reader says is for the browser.
        let name = self.page.client.issue_cmd(ComputedLabel(element.element_id())).await?;
        ensure!(name == json!(self.name), "'{}' is called {name} by a screen reader", self.name);
        Ok(element)
    }
}

/// Finds a control by its name, a visible one if there are several, and opens what hides it.
const FIND_BY_NAME: &str = r#"
const [selector, wanted] = arguments;
const words = text => (text ?? '').replace(/\s+/g, ' ').trim();
const byIds = ids => ids.split(/\s+/).map(id => words(document.getElementById(id)?.textContent)).join(' ');
const nameOf = element => {
  const ids = element.getAttribute('aria-labelledby');
  if (ids) return byIds(ids);
  if (element.getAttribute('aria-label')) return words(element.getAttribute('aria-label'));
  if (element.labels?.length) {
    return words([...element.labels].map(label => {
      const copy = label.cloneNode(true);
      copy.querySelectorAll('input, select, textarea, [aria-hidden=true]').forEach(inner => inner.remove());
      return copy.textContent;
    }).join(' '));
  }
  const copy = element.cloneNode(true);
  copy.querySelectorAll('[aria-hidden=true]').forEach(inner => inner.remove());
  return words(copy.textContent) || words(element.value) || words(element.title);
};
const isVisible = element => element.checkVisibility({ visibilityProperty: true });
const all = [...document.querySelectorAll(selector)].filter(element => nameOf(element) === wanted);
let visible = all.find(isVisible);
if (!visible && all.length) {
  for (let fold = all[0].closest('details:not([open])'); fold; fold = all[0].closest('details:not([open])')) {
    fold.querySelector('summary').click();
    fold.open = true;
  }
  for (const region of [...document.querySelectorAll('[id]')].filter(element => element.contains(all[0]))) {
    const opener = document.querySelector(`[aria-controls~="${region.id}"][aria-expanded=false]`);
    if (opener) opener.click();
  }
  visible = all[0];
}
return visible ?? null;
"#;

const PASTE: &str = r#"
const [element, text] = arguments;
const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), 'value');
set.call(element, text);
element.dispatchEvent(new InputEvent('input', { bubbles: true }));
element.dispatchEvent(new Event('change', { bubbles: true }));
"#;

const FIELD_ERROR: &str = r#"
const [element] = arguments;
if (element.getAttribute('aria-invalid') !== 'true') return null;
const ids = `${element.getAttribute('aria-errormessage') ?? ''} ${element.getAttribute('aria-describedby') ?? ''}`;
return ids.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? '').join(' ').trim();
"#;

const DESCRIPTION: &str = r#"
const ids = arguments[0].getAttribute('aria-describedby') ?? '';
return ids.split(/\s+/).map(id => document.getElementById(id)?.textContent ?? '').join(' ').trim();
"#;

const SUBSCRIPTIONS: &str = r#"
const nameOf = element => element.getAttribute('aria-label')
  ?? document.getElementById(element.getAttribute('aria-labelledby'))?.textContent
  ?? element.querySelector('caption')?.textContent;
const lists = [...document.querySelectorAll('table, ul, ol, [role=table], [role=list]')];
const list = lists.find(element => nameOf(element)?.trim() === 'Subscriptions');
if (!list) return [];
const rows = [...list.querySelectorAll('tbody tr, li, [role=row], [role=listitem]')];
return rows.filter(row => row.querySelector('button')).map(row => row.innerText.replace(/\s+/g, ' ').trim());
"#;

const UNSUBSCRIBE_BUTTON: &str = r#"
const [filter] = arguments;
const buttons = [...document.querySelectorAll('button')].filter(button =>
  (button.getAttribute('aria-label') ?? button.textContent).trim().startsWith('Unsubscribe'));
return buttons.find(button => {
  const row = button.closest('tr, li, [role=row], [role=listitem]');
  return row && [...row.querySelectorAll('*')].some(element => element.textContent.trim() === filter);
}) ?? null;
"#;

/// <https://www.w3.org/TR/webdriver2/#get-computed-label>
#[derive(Debug)]
struct ComputedLabel(ElementRef);

impl WebDriverCompatibleCommand for ComputedLabel {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/element/{}/computedlabel", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::GET, None)
    }
}

/// chromedriver's own command: the console's entries since the last time.
#[derive(Debug)]
struct TakeConsoleLog;

impl WebDriverCompatibleCommand for TakeConsoleLog {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/se/log", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "type": "browser" }).to_string()))
    }
}

/// geckodriver's own command: whether scripts run in the page ("content") or in the browser's own code ("chrome").
#[derive(Debug)]
struct ScriptsRunIn(&'static str);

impl WebDriverCompatibleCommand for ScriptsRunIn {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/moz/context", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "context": self.0 }).to_string()))
    }
}

/// Firefox's browser console holds what all pages say, and what the browser does, which has no address of the web.
const TAKE_FIREFOX_ERRORS: &str = r#"
const notErrors = Ci.nsIScriptError.warningFlag | Ci.nsIScriptError.infoFlag;
const errors = Services.console.getMessageArray().filter(it =>
  it instanceof Ci.nsIScriptError && !(it.flags & notErrors) && it.sourceName.startsWith('http'));
Services.console.reset();
return errors.map(it => `${it.sourceName}:${it.lineNumber}: ${it.errorMessage}`);
"#;

/// A command of the browser's developer tools.
#[derive(Debug)]
struct DevTools {
    method: &'static str,
    parameters: Value,
}

impl WebDriverCompatibleCommand for DevTools {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, url::ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(json!({ "cmd": self.method, "params": self.parameters }).to_string()))
    }
}
