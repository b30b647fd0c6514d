//! A job whose workers die at every call they make, in memory: what is left is taken up, and comes
//! to the same. `MORKET_CRASH_STRIDE=1` meets every pair of deaths.

use morket_core::{Timestamp, memory::MemoryStore};
use morket_testkit::{
    crash::{Ground, Scene, Told, every_pair, every_point},
    engine::TokioClock,
};
use std::sync::Arc;

async fn ground() -> Ground {
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    Ground { store: Arc::new(MemoryStore::new(clock.clone())), clock }
}

fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().expect("a runtime").block_on(future)
}

fn stride(usually: u64) -> u64 {
    let told = std::env::var("MORKET_CRASH_STRIDE").ok().and_then(|it| it.parse().ok());
    told.unwrap_or(usually)
}

/// How many answers are settled together, whether calls bear to be repeated, and whether answers
/// are kept for others.
const SCENES: [(usize, bool, bool); 5] =
    [(1, true, true), (7, true, true), (1, false, true), (7, false, true), (1, true, false)];

/// Deaths met calls on their way, and these were made again exactly where they may be.
fn check(scene: Scene, told: Told, least: u64) {
    assert!(told.runs >= least && told.in_flight > 0, "{scene:?}: {told:?}");
    match scene.repeatable {
        true => assert!(told.repeated > 0 && told.ambiguous == 0, "{scene:?}: {told:?}"),
        false => assert!(told.repeated == 0 && told.ambiguous > 0, "{scene:?}: {told:?}"),
    }
}

#[test]
fn p071_a_death_at_any_call_of_a_job_changes_nothing() {
    // method: crash
    for (settle_at, repeatable, kept) in SCENES {
        let scene = Scene { records: 20, settle_at, repeatable, tasks: true, kept };
        check(scene, paused(every_point(ground, scene, 1)), 100);
    }
}

#[test]
fn p071_two_deaths_at_any_calls_of_a_job_change_nothing() {
    // method: crash
    for (settle_at, repeatable, kept) in SCENES {
        let scene = Scene { records: 3, settle_at, repeatable, tasks: true, kept };
        check(scene, paused(every_pair(ground, scene, stride(5))), 400);
    }
}
