//! Running a case: what goes wrong, what a person types next, and what is there after each step.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use sluicegate::observed::StackStatus;

use crate::cases::{Case, What, faults};
use crate::change::Files;
use crate::world::{Base, Look, Ran, Site, World};

/// What was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Deploy,
    Recover,
    RecoverWithout,
}

/// How a step ended, as docs/reliability.md calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// Exit code 0, and what was wanted is live.
    Live,
    /// The same, and something that was to go is still there, which is said.
    LiveLeaving,
    /// Exit code 1, and what was live before is untouched.
    NotBegun,
    /// Exit code 4, and what was live before is live again, or nothing.
    RolledBack,
    /// Exit code 5, and the stack needs a person.
    Stuck,
    /// The process was killed.
    Killed,
    /// A way out was gone.
    LedOut,
    /// Nothing of this is so.
    Otherwise,
}

/// One command and what was there after it.
#[derive(Clone, Debug)]
pub struct Step {
    pub typed: Typed,
    pub end: End,
    pub ran: Ran,
    pub look: Look,
}

/// A case as it went.
pub type Went = Vec<Step>;

thread_local! {
    /// Projects by stack and state: to make one takes longer than to run a case.
    static SITES: RefCell<BTreeMap<(&'static str, Files), Rc<Site>>> = RefCell::default();
}

/// The project of a base, with the files that the update deploys.
pub fn site(base: &Base) -> Rc<Site> {
    let key = (base.stack, base.update.after());
    let known = SITES.with_borrow(|sites| sites.get(&key).cloned());
    known.unwrap_or_else(|| {
        let made = Rc::new(Site::of(base.stack, base.update.after()));
        SITES.with_borrow_mut(|sites| sites.insert(key, Rc::clone(&made)));
        made
    })
}

/// Runs a case. After what went wrong a person does what the page says, until what was wanted is live.
pub async fn run(case: &Case<'_>) -> Went {
    let (base, site) = (case.base, site(case.base));
    let world = World::of(base, &site);
    for (target, on, times) in faults(case) {
        world.cloud.fail(&target, on, "it failed", times).await.unwrap();
    }
    let trouble = match &case.what {
        What::Network(trouble) => Some(*trouble),
        What::Resource { .. } => None,
    };
    let mut went = vec![Step::of(base, Typed::Deploy, world.deploy(trouble).await, &world).await];
    if went.iter().any(|step| step.end == End::Stuck) {
        // As long as nothing is mended a deployment touches nothing, and going on ends as before.
        went.push(Step::of(base, Typed::Deploy, world.deploy(None).await, &world).await);
        went.push(Step::of(base, Typed::Recover, world.recover(false).await, &world).await);
        if went.last().is_some_and(|step| step.end != End::LedOut) {
            went.push(Step::of(base, Typed::RecoverWithout, world.recover(true).await, &world).await);
        }
    }
    world.cloud.clear_faults().await.unwrap();
    if went.last().is_some_and(|step| !matches!(step.end, End::Live | End::LiveLeaving)) {
        went.push(Step::of(base, Typed::Deploy, world.deploy(None).await, &world).await);
    }
    // Whoever deploys once more finds nothing to do.
    if went.last().is_some_and(|step| step.end == End::Live) && went.len() == 1 && trouble.is_some() {
        went.push(Step::of(base, Typed::Deploy, world.deploy(None).await, &world).await);
    }
    went
}

impl Step {
    async fn of(base: &Base, typed: Typed, ran: Ran, world: &World<'_>) -> Self {
        let look = world.look(&base.held).await;
        Self { typed, end: end(base, typed, &ran, &look), ran, look }
    }

    /// The step in a line.
    pub fn told(&self) -> String {
        let status = self.look.status.as_ref().map_or("no stack".to_owned(), ToString::to_string);
        let Ran { exit, said, .. } = &self.ran;
        let Look { locks, change_sets, lost, .. } = &self.look;
        format!(
            "{:?} {:?}: exit {exit:?}, {status}, locks {locks:?}, change sets {change_sets:?}, lost {lost:?}, {said}",
            self.typed, self.end
        )
    }
}

fn end(base: &Base, typed: Typed, ran: &Ran, look: &Look) -> End {
    use StackStatus::{
        CreateComplete, RollbackComplete, RollbackFailed, UpdateComplete, UpdateRollbackComplete, UpdateRollbackFailed,
    };
    let is_new = look.template.as_ref() == Some(&base.after);
    let is_old = look.template == base.before;
    let left = ran.left_behind.iter().any(|left| left.failure.is_some());
    match (ran.exit, &look.status) {
        (None, _) => End::Killed,
        (Some(0), None | Some(UpdateRollbackComplete)) if typed != Typed::Deploy => End::LedOut,
        (Some(0), Some(CreateComplete | UpdateComplete)) if is_new && left => End::LiveLeaving,
        (Some(0), Some(CreateComplete | UpdateComplete)) if is_new => End::Live,
        (Some(4), Some(UpdateRollbackComplete)) if is_old => End::RolledBack,
        (Some(4), Some(RollbackComplete)) => End::RolledBack,
        (Some(5), Some(UpdateRollbackFailed | RollbackFailed)) => End::Stuck,
        (Some(1), Some(CreateComplete | UpdateComplete | UpdateRollbackComplete)) if is_old => End::NotBegun,
        (Some(1), None) if is_old => End::NotBegun,
        _ => End::Otherwise,
    }
}
