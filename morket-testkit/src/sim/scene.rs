//! What is on stage: a prepaid workspace, four vendors of different kinds, three jobs that want
//! some of the same people, one of them under a ceiling. One of them may be a sample: the whole
//! comes when that is over.

use crate::{ManualClock, engine::FakeVendor, history::Making};
use morket_core::{
    Credits, JobId, Timestamp, WorkspaceId,
    accept::Verify,
    audit::{Action, NewAudit},
    field::Kind,
    job::{Dispatch, NewJob},
    ledger::LedgerExt,
    memory::MemoryStore,
    name::{FieldName, ProviderSlug},
    plan::{Op, Plan, Program, Settings, Waterfall, compile},
    provider::{LimitScope, Registry, Window},
    rbac::Principal,
    workspace::{NewWorkspace, WorkspaceStore},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;

use super::{dice::Dice, store::at_once};

/// Everything that stands before the first step.
pub(super) struct Scene {
    pub(super) store: Arc<MemoryStore>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) workspace: WorkspaceId,
    pub(super) jobs: Vec<JobId>,
    programs: BTreeMap<JobId, (Making, Arc<Program>)>,
    /// The whole of one of them, until it begins.
    pub(super) whole: Option<Whole>,
    pub(super) granted: Credits,
}

/// A job that is to be based on a sample of it.
#[derive(Debug)]
pub(super) struct Whole {
    pub(super) sample: JobId,
    pub(super) rows: Vec<Value>,
    plan: Plan,
    /// Whether the plan is the sample's in what is accepted.
    pub(super) same_plan: bool,
}

/// What a person is asked for with.
pub(super) fn person(n: u64) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

fn vendors() -> Vec<FakeVendor> {
    let fields = ["email", "email_status", "title"];
    let window = |max, seconds, scope| Window { max, per: Duration::from_secs(seconds), scope };
    let (all, one) = (LimitScope::Credential, LimitScope::Endpoint);
    vec![
        FakeVendor::finder("hunter", &fields).window(window(2, 1, all)),
        // Where the company's name is known, it is another question about the same person.
        FakeVendor::finder("apollo", &fields)
            .bulk(3)
            .repeatable()
            .with(|it| it.optional = vec![FieldName::new("company_name").expect("a field's name")])
            .window(window(5, 10, all))
            .window(window(2, 2, one)),
        FakeVendor::finder("dropcontact", &fields).slow(),
        FakeVendor::verifier("zerobounce").repeatable(),
    ]
}

fn plan() -> Plan {
    let name = |it: &str| FieldName::new(it).expect("a field's name");
    let mut plan = Plan::of(Kind::Person, [name("email"), name("title")]);
    let steps = |list: &[&str]| list.iter().map(ToString::to_string).collect();
    plan.waterfalls.insert(
        name("email"),
        Waterfall {
            steps: steps(&["hunter", "apollo", "dropcontact"]),
            verify: Some("zerobounce".into()),
            email: None,
        },
    );
    plan.waterfalls.insert(
        name("title"),
        Waterfall { steps: steps(&["apollo", "hunter"]), verify: None, email: None },
    );
    plan
}

/// What all jobs have in common.
fn settings() -> Settings {
    let mut registry = Registry::new();
    for vendor in vendors() {
        registry.register(Arc::new(vendor)).expect("slugs differ");
    }
    let mut settings = Settings::new(Arc::new(registry));
    settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
    settings.metered = true;
    settings
}

/// A few people; the next job's overlap with them, and one stands there twice. One job's rows have
/// a column that the others' have not.
fn rows(dice: &mut Dice, first: u64) -> Vec<Value> {
    let size = 4 + dice.below(4);
    let mut rows: Vec<Value> = (first..first + size).map(person).collect();
    rows.push(person(first));
    if first == 9 {
        rows.iter_mut().for_each(|row| row["company_name"] = json!("Numbers Ltd"));
    }
    rows
}

impl Scene {
    /// Set the stage.
    pub(super) fn set(dice: &mut Dice) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let workspace = WorkspaceId(Uuid::from_bytes(dice.bytes16()));
        let settings = settings();
        let mut scene = Self {
            store,
            clock,
            workspace,
            jobs: Vec::new(),
            programs: BTreeMap::new(),
            whole: None,
            granted: Credits::whole(1_000),
        };
        scene.workspace();
        super::alone::list(&scene);
        let sampled = dice.percent(60).then(|| dice.below(3));
        for (at, (first, budget)) in (0..).zip([(0, None), (4, Some("2")), (9, None)]) {
            let mut plan = plan();
            if let Some(units) = budget {
                let hunter = ProviderSlug::new("hunter").expect("a slug");
                plan.budget.units.insert(hunter, units.to_owned());
            }
            let rows = rows(dice, first);
            if sampled == Some(at) {
                scene.sample(dice, plan, &settings, rows);
            } else {
                scene.job(dice, &plan, &settings, (rows, None));
            }
        }
        scene
    }

    /// What a job's plan comes to.
    pub(super) fn program(&self, job: JobId) -> &Arc<Program> {
        &self.programs[&job].1
    }

    /// What a job's program is made of.
    pub(super) fn making(&self, job: JobId) -> &Making {
        &self.programs[&job].0
    }

    /// The operations, which all jobs have in common.
    pub(super) fn ops(&self) -> &[Op] {
        &self.programs[&self.jobs[0]].1.ops
    }

    fn workspace(&self) {
        let new = NewWorkspace::embedded(self.workspace, "Stage").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        at_once(self.store.create_workspace(new, audit)).expect("a new workspace");
        let key = "all".parse().expect("a key");
        at_once(self.store.grant(self.workspace, key, self.granted)).expect("a grant");
    }

    /// The first of these rows are tried. The whole wants the same, or believes fewer addresses;
    /// it may want no answers that were kept.
    fn sample(&mut self, dice: &mut Dice, before: Plan, settings: &Settings, rows: Vec<Value>) {
        let some = rows.iter().take(2 + dice.below(2) as usize).cloned().collect();
        let sample = self.job(dice, &before, settings, (some, None));
        let (mut plan, same_plan) = (before, dice.percent(60));
        plan.no_cache = dice.percent(50);
        if !same_plan {
            plan.accept.email.verify = Verify::Always;
        }
        self.whole = Some(Whole { sample, rows, plan, same_plan });
    }

    /// The sample is over: the whole begins.
    pub(super) fn begin(&mut self, dice: &mut Dice) -> Option<(Whole, JobId)> {
        let whole = self.whole.take()?;
        let settings = settings();
        let job = (whole.rows.clone(), Some(whole.sample));
        let job = self.job(dice, &whole.plan, &settings, job);
        Some((whole, job))
    }

    /// A job of these rows, on a base.
    fn job(
        &mut self,
        dice: &mut Dice,
        plan: &Plan,
        settings: &Settings,
        (rows, base): (Vec<Value>, Option<JobId>),
    ) -> JobId {
        let program = compile(plan, settings).expect("the plan is right");
        let estimate = program.estimate(&rows).expect("amounts are small");
        let id = JobId(Uuid::from_bytes(dice.bytes16()));
        let new = NewJob {
            id,
            name: None,
            plan: serde_json::to_value(plan).expect("a plan is JSON"),
            dispatch: Dispatch::Queued,
            worst_case: estimate.worst_charge,
            created_by: None,
            retry_of: None,
            base,
        };
        let job = morket_core::engine::submit(&*self.store, self.workspace, new, rows);
        at_once(job).expect("a job");
        self.jobs.push(id);
        let vendors = settings.registry.iter().map(|it| it.manifest().clone()).collect();
        let making = Making { plan: plan.clone(), vendors, metered: settings.metered };
        self.programs.insert(id, (making, Arc::new(program)));
        id
    }
}
