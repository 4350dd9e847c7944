//! One file per command: orders the calls of the other rooms.
//!
//! Commands take what they work with (files, clock, clouds, whoever watches) and give back data; they print
//! nothing and know no exit code.

mod capacity;
mod check;
mod connect;
mod cost;
mod deploy;
mod destroy;
mod drive;
mod ending;
mod failure;
mod fix;
mod graph;
mod import;
mod init;
mod load;
mod named;
mod outlook;
mod pack;
mod plan;
mod prepare;
mod producer;
mod render;
mod saved;
mod shards;
mod status;
mod upstream;
mod work;

pub use capacity::{CapacityOrder, Placed, place};
pub use check::{Checked, Looked, check};
pub use connect::{Connecting, Connector};
pub use cost::{Compared, CostBaseline, CostOrder, Costed, cost, prices, refresh_prices};
pub use deploy::{Answer, Company, DeployOrder, Deployed, Leaving, Tools, deploy};
pub use destroy::{DestroyOrder, Destroyed, destroy};
pub use drive::Interrupt;
pub use failure::{Failure, FailureKind};
pub use fix::{Fixed, fix};
pub use graph::{Shape, shape};
pub use import::{ImportOrder, ImportRun, Language, Written, import};
pub use init::{Started, init};
pub use load::{Resolved, Shelf, only_pipeline, region_of, select};
pub use named::named_file;
pub use outlook::{Outlook, outlook};
pub use plan::{Keep, Planned, plan_afresh, plan_live};
pub use prepare::{Prepared, Upload, UploadSource, prepare};
pub use producer::{Producers, producers};
pub use render::{RenderedFile, TemplateForm, render_all};
pub use saved::{Inputs, Reviewed, read_plan, read_saved};
pub use status::{Status, status};
pub use work::{Measured, measured_work};
