"""A reader as an ONNX network of 8-bit integers.

The graph is written node by node from the weights: no tracing, no exporter, and nothing in it that the runtime would
have to guess. Scales are fixed here, those of weights for every output and those of activations by the ranges seen on
posts; dynamic ones would make a post's scores depend on the posts it is read with. Before they are rounded,
activations are divided channel by channel and the weights multiplied by the same, since a few channels are many times
larger than the others (SmoothQuant; Xiao et al. 2023, https://arxiv.org/abs/2211.10438).
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from evolunteer_nlp.engine.reader import PADDING

Array = npt.NDArray[Any]
Range = tuple[Array, Array]
"""The smallest and the largest value of each channel."""

_OWN = "com.microsoft"
"""The operators that ONNX Runtime adds: attention and fused sums, several times faster than their parts."""

_SMOOTHING = 0.85
"""How much of the difference between channels moves from activations to weights: the best of 0, 0.5, 0.7 and 0.85."""
_LEAST = 1e-6


def to_onnx(state: Mapping[str, Array], ranges: Mapping[str, Range], heads: int, layers: int, epsilon: float) -> bytes:
    """Write a network with the input ``ids``, shape (n_posts, length), and the output ``embedding``, (n_posts, hidden).

    Parameters
    ----------
    state : mapping of str to ndarray of float32
        The encoder's weights, named as in `evolunteer_nlp.training.encoder.Encoder`.
    ranges : mapping of str to tuple of float
        What goes into each linear layer of the encoder.
    heads, layers, epsilon
        Of the encoder.
    """
    graph = _Graph(epsilon)
    x = graph.embedded(state)
    for i in range(layers):
        x = graph.layer(x, state, ranges, f"layers.{i}.", heads)
    return graph.finished(x, len(state["norm.bias"]))


class _Graph:
    def __init__(self, epsilon: float) -> None:
        self.epsilon = epsilon
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, name: str, values: Array) -> str:
        self.constants.append(onnx.numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator: str, inputs: list[str], output: str, own: bool = False, **attributes: Any) -> str:
        domain = _OWN if own else ""
        self.nodes.append(onnx.helper.make_node(operator, inputs, [output], domain=domain, **attributes))
        return output

    def embedded(self, state: Mapping[str, Array]) -> str:
        """Embeddings of tokens and of their positions, normalised; the table is kept in 8 bits, a scale a row."""
        table = state["word.weight"]
        scales = np.maximum(np.abs(table).max(axis=1, keepdims=True), 1e-9).astype(np.float32) / 127
        self.constant("word", np.round(table / scales).astype(np.int8))
        self.constant("word.scales", scales)
        self.node("Gather", ["word", "ids"], "word.ints")
        self.node("Cast", ["word.ints"], "word.floats", to=onnx.TensorProto.FLOAT)
        self.node("Gather", ["word.scales", "ids"], "word.scale")
        self.node("Mul", ["word.floats", "word.scale"], "words")
        self.constant("padding", np.array(PADDING, np.int64))
        self.node("Equal", ["ids", "padding"], "is_padding")
        self.node("Not", ["is_padding"], "is_token")
        self.node("Cast", ["is_token"], "mask", to=onnx.TensorProto.FLOAT)
        self.node("Cast", ["is_token"], "mask.ints", to=onnx.TensorProto.INT32)
        self.node("Shape", ["ids"], "length", start=1, end=2)
        self.constant("zero", np.array([0], np.int64))
        self.constant("position", state["position.weight"])
        self.node("Slice", ["position", "zero", "length", "zero"], "positions")
        self.node("Add", ["words", "positions"], "placed")
        self.constant("norm.weight", state["norm.weight"])
        self.constant("norm.bias", state["norm.bias"])
        return self.node("LayerNormalization", ["placed", "norm.weight", "norm.bias"], "embedded", epsilon=self.epsilon)

    def layer(self, x: str, state: Mapping[str, Array], ranges: Mapping[str, Range], at: str, heads: int) -> str:
        """A transformer layer on ``x``."""

        def bias(name: str) -> str:
            return self.constant(f"{at}{name}.bias", state[f"{at}{name}.bias"])

        def linear(x: str, name: str) -> str:
            return self.linear(x, at + name, state[f"{at}{name}.weight"], ranges[at + name])

        def normed(x: str, y: str, summand: str, name: str) -> str:
            weight = self.constant(f"{at}{name}.weight", state[f"{at}{name}.weight"])
            inputs = [x, y, weight, bias(name), bias(summand)]
            return self.node("SkipLayerNormalization", inputs, f"{at}{name}", own=True, epsilon=self.epsilon)

        parts = [f"{at}{part}" for part in "qkv"]
        product = linear(x, "qkv")
        self.nodes.append(onnx.helper.make_node("Split", [product], parts, axis=2, num_outputs=3))
        inputs = [*parts, bias("qkv"), "mask.ints"]
        attended = self.node("MultiHeadAttention", inputs, f"{at}attended", own=True, num_heads=heads)
        x = normed(x, linear(attended, "attention_out"), "attention_out", "attention_norm")
        activated = self.node("BiasGelu", [linear(x, "feed_in"), bias("feed_in")], f"{at}activated", own=True)
        return normed(x, linear(activated, "feed_out"), "feed_out", "feed_norm")

    def linear(self, x: str, name: str, weight: Array, seen: Range) -> str:
        """``x`` times a weight matrix, in integers, without its bias."""
        largest = np.maximum(np.maximum(-seen[0], seen[1]), _LEAST)
        shrink = largest**_SMOOTHING / np.maximum(np.abs(weight).max(axis=0), _LEAST) ** (1 - _SMOOTHING)
        low, high = min(0.0, (seen[0] / shrink).min()), max(0.0, (seen[1] / shrink).max())
        scale = max(high - low, _LEAST) / 255
        weight = weight * shrink
        weight_scales = np.maximum(np.abs(weight).max(axis=1), _LEAST) / 127
        zero = self.constant(f"{name}.zero", np.array(round(-low / scale), np.uint8))
        ints = np.round(weight / weight_scales[:, None]).astype(np.int8).T
        self.constant(f"{name}.ints", ints)
        self.constant(f"{name}.shrink", (1 / shrink).astype(np.float32))
        self.constant(f"{name}.in_scale", np.array(scale, np.float32))
        self.constant(f"{name}.out_scale", (weight_scales * scale).astype(np.float32))
        self.node("Mul", [x, f"{name}.shrink"], f"{name}.shrunk")
        self.node("QuantizeLinear", [f"{name}.shrunk", f"{name}.in_scale", zero], f"{name}.in")
        self.node("MatMulInteger", [f"{name}.in", f"{name}.ints", zero], f"{name}.sums")
        self.node("Cast", [f"{name}.sums"], f"{name}.floats", to=onnx.TensorProto.FLOAT)
        return self.node("Mul", [f"{name}.floats", f"{name}.out_scale"], f"{name}.out")

    def finished(self, x: str, hidden: int) -> bytes:
        """The mean over tokens; the whole as bytes."""
        self.constant("last", np.array([2], np.int64))
        self.constant("tokens", np.array([1], np.int64))
        self.node("Unsqueeze", ["mask", "last"], "mask.wide")
        self.node("Mul", [x, "mask.wide"], "kept")
        self.node("ReduceSum", ["kept", "tokens"], "sum", keepdims=0)
        self.node("ReduceSum", ["mask", "tokens"], "count", keepdims=1)
        self.node("Div", ["sum", "count"], "embedding")
        helper, kinds = onnx.helper, onnx.TensorProto
        graph = helper.make_graph(
            self.nodes,
            "reader",
            [helper.make_tensor_value_info("ids", kinds.INT64, ["posts", "length"])],
            [helper.make_tensor_value_info("embedding", kinds.FLOAT, ["posts", hidden])],
            self.constants,
        )
        versions = [helper.make_opsetid("", 18), helper.make_opsetid(_OWN, 1)]
        network = helper.make_model(graph, opset_imports=versions, ir_version=9, producer_name="evolunteer-nlp")
        return bytes(network.SerializeToString())
