//! AWS's price list.

use super::{Cloud, CloudError, failure};
use crate::units::Region;
use aws_sdk_pricing::types::{Filter, FilterType};

const SERVICE: &str = "Pricing";
/// The price list is the same for all regions, and answers in a few.
pub(super) const PRICING_REGION: &str = "us-east-1";

impl Cloud {
    /// Every product that AWS lists for a service in a region, each as the JSON document that the API gives.
    ///
    /// # Errors
    /// Any refusal.
    pub async fn price_list(&self, service_code: &str, region: &Region) -> Result<Vec<String>, CloudError> {
        let refused = |error| failure::of(SERVICE, "GetProducts", error);
        let filter = Filter::builder().r#type(FilterType::TermMatch).field("regionCode").value(region.as_str()).build();
        let filter = filter.map_err(|error| failure::answer(SERVICE, "GetProducts", error.to_string()))?;
        let mut products = Vec::new();
        let mut token = None;
        loop {
            let request = self.pricing.get_products().service_code(service_code).filters(filter.clone());
            let page = request.format_version("aws_v1").set_next_token(token).send().await.map_err(refused)?;
            products.extend(page.price_list().iter().cloned());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(products);
            }
        }
    }
}
