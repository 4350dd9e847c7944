"""Learns what is normal for each sensor.

Lambda hands a state from batch to batch of a shard while a tumbling window lasts, so a minute of readings becomes one
write per sensor. The baseline forgets: a sensor that was moved is judged by its new place within hours.
"""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

BASELINES = os.environ["TABLE_BASELINES"]
TTL_ATTRIBUTE = os.environ["TTL_ATTRIBUTE_BASELINES"]
TTL_SECONDS = int(os.environ["TTL_SECONDS_BASELINES"])
# So many readings weigh as much as everything before them: an hour, at one every 15 s.
MEMORY = float(os.environ.get("MEMORY", "240"))
WRITERS = 16

# Two attempts of three seconds at most: a window's thousand writes still fit into the timeout of 50 s.
CONFIG = Config(
    connect_timeout=1, read_timeout=3, retries={"max_attempts": 2, "mode": "standard"}, max_pool_connections=WRITERS
)
dynamodb = boto3.client("dynamodb", config=CONFIG)


def handler(event, _context):
    """Lambda's entry point; answers with the state for the window's next batch."""
    state = event.get("state") or {}
    skipped = 0
    for record in event["Records"]:
        try:
            reading = json.loads(base64.b64decode(record["kinesis"]["data"], validate=True))
            sensor, value = str(reading["sensor_id"]), float(reading["value"])
        except (KeyError, TypeError, ValueError):
            # One reading of thousands: the archive keeps it, and holding the window up for it would help nobody.
            skipped += 1
            continue
        state[sensor] = add(state.get(sensor, [0, 0.0, 0.0]), value)
    if skipped:
        print(json.dumps({"message": "readings skipped", "count": skipped}))
    if event.get("isFinalInvokeForWindow"):
        close(state, event["window"]["end"])
        return {"state": {}, "batchItemFailures": []}
    return {"state": state, "batchItemFailures": []}


def add(statistics, value):
    """Count, mean and sum of squared deviations with one value more (Welford)."""
    count, mean, squares = statistics
    count += 1
    step = value - mean
    mean += step / count
    return [count, mean, squares + step * (value - mean)]


def close(state, window_end):
    """Blends a window into the baselines. Fails as a whole: Lambda then repeats it, and what was written stays."""
    sensors = sorted(state)
    known = read(sensors)
    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda sensor: store(sensor, blend(known.get(sensor), state[sensor]), window_end), sensors))


def read(sensors):
    """Baselines by sensor, as mean and variance."""
    found = {}
    for start in range(0, len(sensors), 100):
        request = {BASELINES: {"Keys": [{"sensor_id": {"S": sensor}} for sensor in sensors[start : start + 100]]}}
        for attempt in range(6):
            answer = dynamodb.batch_get_item(RequestItems=request)
            for item in answer["Responses"].get(BASELINES, []):
                found[item["sensor_id"]["S"]] = (float(item["mean"]["N"]), float(item["variance"]["N"]))
            request = answer.get("UnprocessedKeys")
            if not request:
                break
            time.sleep(0.05 * 2**attempt)
        else:
            raise BotoCoreError()
    return found


def blend(known, statistics):
    """The old baseline and a window's statistics, by their weights."""
    count, mean, squares = statistics
    variance = squares / count
    if known is None:
        return mean, variance
    share = count / (count + MEMORY)
    step = mean - known[0]
    return known[0] + share * step, (1 - share) * (known[1] + share * step * step) + share * variance


def store(sensor, baseline, window_end):
    """Writes a baseline unless this window or a later one has been blended in already."""
    mean, variance = baseline
    item = {
        "sensor_id": {"S": sensor},
        "mean": {"N": f"{mean:.9g}"},
        "variance": {"N": f"{variance:.9g}"},
        "window_end": {"S": window_end},
        TTL_ATTRIBUTE: {"N": str(int(time.time()) + TTL_SECONDS)},
    }
    try:
        dynamodb.put_item(
            TableName=BASELINES,
            Item=item,
            ConditionExpression="attribute_not_exists(sensor_id) OR window_end < :end",
            ExpressionAttributeValues={":end": {"S": window_end}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
