//! One file per command: orders the calls of the other rooms.
//!
//! Commands take what they work with (files, clock, clouds, whoever watches) and give back data; they print
//! nothing and know no exit code.

mod capacity;
mod check;
mod ci;
mod comment;
mod connect;
mod cost;
mod deploy;
mod destroy;
mod diff;
mod drive;
mod earlier;
mod ending;
mod failure;
mod fix;
mod graph;
mod import;
mod init;
mod load;
mod measure;
mod named;
mod outlook;
mod pack;
mod plan;
mod plans;
mod prepare;
mod producer;
mod render;
mod saved;
mod shards;
mod share;
mod status;
mod upstream;
mod work;

pub use capacity::{CapacityOrder, Placed, place};
pub use check::{Checked, Looked, check};
pub use ci::{CiDoing, CiMade, CiOrder, CodeHost, ci};
pub use comment::{CommentOrder, comment};
pub use connect::{Connecting, Connector};
pub use cost::{Compared, CostBaseline, CostOrder, Costed, cost, prices, refresh_prices};
pub use deploy::{Answer, Company, DeployOrder, Deployed, Leaving, Tools, deploy};
pub use destroy::{DestroyOrder, Destroyed, destroy};
pub use diff::diff;
pub use drive::Interrupt;
pub use earlier::{EarlierFiles, earlier_files};
pub use failure::{Failure, FailureKind};
pub use fix::{Fixed, fix};
pub use graph::{Shape, shape};
pub use import::{ImportOrder, ImportRun, Language, Written, import};
pub use init::{Started, init};
pub use load::{Resolved, Shelf, only_pipeline, region_of, select};
pub use named::named_file;
pub use outlook::{Outlook, outlook};
pub use plan::{Keep, Planned, plan_afresh, plan_against, plan_live};
pub use plans::{Footing, PlanOutcome, in_order, pairs_to_plan, plan_all, plan_all_live};
pub use prepare::{Prepared, Upload, UploadSource, prepare};
pub use producer::{Producers, producers};
pub use render::{RenderedFile, TemplateForm, render_all};
pub use saved::{Reviewed, read_plan, read_saved};
pub use status::{Status, status};
pub use work::{Measured, measured_work};
