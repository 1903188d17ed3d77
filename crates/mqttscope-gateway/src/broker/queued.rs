//! The queues' limit in bytes: what is oldest in the longest queue makes room for what comes.

use async_trait::async_trait;
use rmqtt::context::ServerContext;
use rmqtt::hook::{Handler, HookResult, Parameter, ReturnType, Type};
use rmqtt::session::Session;
use rmqtt::types::PublishAclResult;
use tokio::sync::Mutex;

use super::held::Held;
use crate::quiet::Seldom;

/// Counts what is published from now on, and keeps the queues within the limit.
pub(super) async fn bound(context: &ServerContext, held: Held) {
    let hooks = context.extends.hook_mgr().register();
    let counting = Queues { held: held.clone(), full: Seldom::default(), at_it: Mutex::default() };
    hooks.add(Type::MessagePublish, Box::new(counting)).await;
    hooks.add(Type::MessagePublishCheckAcl, Box::new(Refusing { held, full: Seldom::default() })).await;
    hooks.start().await;
}

/// Counts each message before it goes into any queue.
struct Queues {
    held: Held,
    full: Seldom,
    /// Held by whoever makes room: one is enough.
    at_it: Mutex<()>,
}

#[async_trait]
impl Handler for Queues {
    async fn hook(&self, parameter: &Parameter, so_far: Option<HookResult>) -> ReturnType {
        let Parameter::MessagePublish(session, _, publish) = parameter else { return (true, so_far) };
        let held = self.held.hold(publish);
        if let Some(session) = session
            && self.held.excess() > 0
        {
            // The context holds this handler, which would never end if it held the context.
            self.make_room(session.context()).await;
        }
        (true, Some(HookResult::Publish(held)))
    }
}

impl Queues {
    async fn make_room(&self, context: &ServerContext) {
        let Ok(_at_it) = self.at_it.try_lock() else { return };
        let (mut sessions, mut away) = (Vec::new(), Vec::new());
        for entry in context.extends.shared().await.iter() {
            let Some(session) = entry.session() else { continue };
            if !entry.is_connected().await {
                away.push(session.clone());
            }
            sessions.push(session);
        }
        let mut discarded = self.discard_queued(&sessions);
        // What a client has not acknowledged is sent again when it comes back: only where it is away can that be
        // taken back.
        for session in away {
            while self.held.excess() > 0 && session.out_inflight().write().await.pop_front().is_some() {
                discarded += 1;
            }
        }
        if discarded > 0
            && let Some(times) = self.full.happened()
        {
            let limit = self.held.limit();
            tracing::warn!(
                discarded,
                times,
                limit,
                "the embedded broker's queues are full: it discards the oldest messages"
            );
        }
    }

    fn discard_queued(&self, sessions: &[Session]) -> u64 {
        let mut discarded = 0;
        while self.held.excess() > 0 {
            let Some(longest) = sessions.iter().max_by_key(|session| session.deliver_queue().len()) else {
                break;
            };
            // Several at a time, since going through all queues takes longer than each.
            let before = discarded;
            for _ in 0..BATCH {
                if self.held.excess() == 0 || longest.deliver_queue().pop().is_none() {
                    break;
                }
                discarded += 1;
            }
            if discarded == before {
                break;
            }
        }
        discarded
    }
}

/// Refuses what there is no room for even so: what is on its way to clients that are there cannot be discarded.
struct Refusing {
    held: Held,
    full: Seldom,
}

#[async_trait]
impl Handler for Refusing {
    async fn hook(&self, parameter: &Parameter, so_far: Option<HookResult>) -> ReturnType {
        if !matches!(parameter, Parameter::MessagePublishCheckAcl(..)) || self.held.excess() == 0 {
            return (true, so_far);
        }
        if let Some(times) = self.full.happened() {
            let limit = self.held.limit();
            tracing::warn!(times, limit, "the embedded broker has no room: it discards a message that came");
        }
        // 3.1 and 3.1.1 have no answer that says so: the sender's QoS is kept, the message is not.
        (false, Some(HookResult::PublishAclResult(PublishAclResult::rejected(false, None))))
    }
}

/// How many messages are taken out of one queue until it is compared with the others again.
const BATCH: usize = 16;
