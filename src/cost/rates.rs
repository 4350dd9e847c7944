//! The rates of streams as `capacity` compares modes by them.

use super::meter::Meter;
use super::prices::Prices;
use crate::capacity::StreamRates;
use crate::units::Region;

/// The rates of a region's streams, the first tier of each; `None` where one of them is not known.
#[must_use]
pub fn stream_rates(prices: &Prices, region: &Region) -> Option<StreamRates> {
    let rate = |meter: Meter| Some(prices.rate(region, &meter)?.tiers.first()?.rate.roughly());
    Some(StreamRates {
        region: region.to_string().into(),
        shard_hour: rate(Meter::ShardHour)?,
        put_million: rate(Meter::PutPayloadUnit)? * 1e6,
        extended_shard_hour: rate(Meter::ExtendedRetentionShardHour)?,
        fan_out_shard_hour: rate(Meter::FanOutConsumerShardHour)?,
        fan_out_gib: rate(Meter::FanOutGb)?,
        on_demand_hour: rate(Meter::OnDemandStreamHour)?,
        on_demand_in: rate(Meter::OnDemandGbIn)?,
        on_demand_out: rate(Meter::OnDemandGbOut)?,
        on_demand_fan_out: rate(Meter::OnDemandFanOutGb)?,
        on_demand_kept: rate(Meter::OnDemandExtendedRetention)?,
        advantage_in: rate(Meter::AdvantageGbIn)?,
        advantage_out: rate(Meter::AdvantageGbOut)?,
        advantage_kept: rate(Meter::AdvantageRetention)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::US_EAST_1;

    #[test]
    fn the_table_and_the_rates_that_auto_decides_by_say_the_same() {
        let prices = Prices::built_in().expect("is sound");
        let listed = stream_rates(&prices, &Region::new("us-east-1").expect("a region")).expect("all are known");
        let same = |one: f64, other: f64| assert!((one - other).abs() < 1e-9, "{one} and {other}: {listed:?}");
        same(listed.shard_hour, US_EAST_1.shard_hour);
        same(listed.put_million, US_EAST_1.put_million);
        same(listed.extended_shard_hour, US_EAST_1.extended_shard_hour);
        same(listed.fan_out_shard_hour, US_EAST_1.fan_out_shard_hour);
        same(listed.fan_out_gib, US_EAST_1.fan_out_gib);
        same(listed.on_demand_hour, US_EAST_1.on_demand_hour);
        same(listed.on_demand_in, US_EAST_1.on_demand_in);
        same(listed.on_demand_out, US_EAST_1.on_demand_out);
        same(listed.on_demand_fan_out, US_EAST_1.on_demand_fan_out);
        same(listed.on_demand_kept, US_EAST_1.on_demand_kept);
        same(listed.advantage_in, US_EAST_1.advantage_in);
        same(listed.advantage_out, US_EAST_1.advantage_out);
        same(listed.advantage_kept, US_EAST_1.advantage_kept);
    }

    #[test]
    fn a_region_without_every_rate_has_none() {
        let prices = Prices::built_in().expect("is sound");
        assert_eq!(stream_rates(&prices, &Region::new("xx-nowhere-1").expect("a region")), None);
    }
}
