"""Writes a GGUF file's weights as transformers.js has them: in float32, in ONNX. `python onnx-export.py MODEL.gguf FOLDER`. See README.md."""
import os
import sys
import tempfile

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from optimum.exporters.onnx import main_export
from transformers import AutoModelForCausalLM, LlamaForCausalLM


def write_weights(file, folder):
    """A folder of float32: what was loaded from a GGUF file refuses to be saved, its weights do not."""
    place, name = os.path.split(os.path.abspath(file))
    loaded = AutoModelForCausalLM.from_pretrained(place, gguf_file=name, dtype=torch.float32)
    model = LlamaForCausalLM(loaded.config)
    model.load_state_dict(loaded.state_dict())
    model.save_pretrained(folder)


def keep_few_logits(file):
    """Gives the head the last `num_logits_to_keep` places alone, or all for 0: transformers.js asks for 1, and optimum's export has all."""
    model = onnx.load(file)
    graph = model.graph
    head = next(node for node in graph.node if "logits" in node.output)
    graph.input.append(helper.make_tensor_value_info("num_logits_to_keep", TensorProto.INT64, []))
    numbers = {"keep_one": [1], "keep_end": [np.iinfo(np.int64).max]}
    graph.initializer.extend(numpy_helper.from_array(np.array(value, np.int64), name) for name, value in numbers.items())
    sliced = [
        helper.make_node("Neg", ["num_logits_to_keep"], ["keep_negative"]),
        helper.make_node("Reshape", ["keep_negative", "keep_one"], ["keep_start"]),
        helper.make_node("Slice", [head.input[0], "keep_start", "keep_end", "keep_one"], ["kept_states"]),
    ]
    head.input[0] = "kept_states"
    at = list(graph.node).index(head)
    for offset, node in enumerate(sliced):
        graph.node.insert(at + offset, node)
    onnx.save(model, file)


def main():
    file, folder = sys.argv[1:]
    with tempfile.TemporaryDirectory() as weights:
        write_weights(file, weights)
        main_export(weights, os.path.join(folder, "onnx"), task="text-generation-with-past", do_validation=False)
    for name in ("config.json", "generation_config.json"):
        os.replace(os.path.join(folder, "onnx", name), os.path.join(folder, name))
    keep_few_logits(os.path.join(folder, "onnx", "model.onnx"))


main()
