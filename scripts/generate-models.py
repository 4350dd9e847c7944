#!/usr/bin/env python3
"""Writes the models of the built-in stacks: one-tree XGBoost models, small enough to read, real enough to load.

    generate-models.py [--check]

The same bytes on every machine. With --check nothing is written, and a model that differs is an error.
"""

import gzip
import io
import json
import sys
import tarfile
from pathlib import Path

STACKS = Path(__file__).resolve().parents[1] / "stacks"
LOGISTIC = "binary:logistic"
LINEAR = "reg:squarederror"

# Path, name, objective, number of features, the feature that decides, where it splits, the two answers.
MODELS = [
    ("fraud-detection/models/fraud-v6", "fraud-v6", LOGISTIC, 5, 0, 1200.0, -2.0, 2.0),
    ("fraud-detection/models/fraud-v7", "fraud-v7", LOGISTIC, 5, 0, 1500.0, -2.5, 2.5),
    ("anomaly-detection/models/detector-v3", "detector-v3", LOGISTIC, 4, 0, 4.0, -3.0, 3.0),
    ("anomaly-detection/models/detector-v4", "detector-v4", LOGISTIC, 4, 0, 3.5, -3.0, 3.0),
    ("multi-model-inference/models/shared", "shared", LOGISTIC, 3, 0, 0.5, -1.0, 1.0),
    ("multi-model-inference/models/tenant-acme", "tenant-acme", LOGISTIC, 3, 1, 10.0, -2.0, 2.0),
    ("multi-model-inference/models/tenant-globex", "tenant-globex", LOGISTIC, 3, 2, 0.2, -1.5, 1.5),
    ("content-moderation/models/moderation-v2", "moderation-v2", LOGISTIC, 5, 3, 1.0, -3.0, 3.5),
    ("delivery-eta/models/eta-v11", "eta-v11", LINEAR, 5, 0, 3000.0, 900.0, 1800.0),
    ("delivery-eta/models/eta-v12", "eta-v12", LINEAR, 5, 0, 2500.0, 780.0, 1740.0),
    ("personalization/models/ranker-v31", "ranker-v31", LOGISTIC, 4, 0, 0.1, -1.0, 1.0),
    ("personalization/models/ranker-v32", "ranker-v32", LOGISTIC, 4, 1, 0.2, -1.0, 1.0),
]


def model(name, objective, features, decides, splits_at, low, high):
    """One split and two leaves, in XGBoost's JSON format."""
    tree = {
        "base_weights": [0.0, low, high],
        "categories": [],
        "categories_nodes": [],
        "categories_segments": [],
        "categories_sizes": [],
        "default_left": [1, 0, 0],
        "id": 0,
        "left_children": [1, -1, -1],
        "loss_changes": [1.0, 0.0, 0.0],
        "parents": [2147483647, 0, 0],
        "right_children": [2, -1, -1],
        "split_conditions": [splits_at, low, high],
        "split_indices": [decides, 0, 0],
        "split_type": [0, 0, 0],
        "sum_hessian": [2.0, 1.0, 1.0],
        "tree_param": {"num_deleted": "0", "num_feature": str(features), "num_nodes": "3", "size_leaf_vector": "1"},
    }
    booster = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": "1"},
        "iteration_indptr": [0, 1],
        "tree_info": [0],
        "trees": [tree],
    }
    param = {
        "base_score": "5E-1" if objective == LOGISTIC else "0E0",
        "boost_from_average": "1",
        "num_class": "0",
        "num_feature": str(features),
        "num_target": "1",
    }
    learner = {
        "attributes": {"model": name},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"model": booster, "name": "gbtree"},
        "learner_model_param": param,
        "objective": {"name": objective, "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    return json.dumps({"learner": learner, "version": [1, 7, 6]}, sort_keys=True, separators=(",", ":")).encode()


def archive(content):
    """A gzipped tar archive with one file, without anything that depends on when or by whom it is made."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("xgboost-model")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), 9, mtime=0)


def main(check):
    different = []
    for path, *parts in MODELS:
        file = STACKS / f"{path}.tar.gz"
        fresh = model(*parts)
        # The content counts, not how zlib's version packed it.
        if file.exists():
            with tarfile.open(file) as tar:
                if tar.extractfile("xgboost-model").read() == fresh:
                    continue
        different.append(path)
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(archive(fresh))
    if check and different:
        print(f"differ from what {Path(__file__).name} writes: {', '.join(different)}")
    return 1 if check and different else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv[1:]))
