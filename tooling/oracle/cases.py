"""The cases: tiny random models, and how each is read. Their inputs are drawn in `generate.py`."""

MODEL = {
    "model_type": "llama", "hidden_act": "silu", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
    "vocab_size": 13, "tie_word_embeddings": True, "max_position_embeddings": 64,
}
FAM = {"block_size": 4, "memory_segments": 0, "fam_length": 0, "variant": "fam", "position": "last"}
GROUPED = {"num_attention_heads": 4, "num_key_value_heads": 2}
MULTI_QUERY = {"num_attention_heads": 4, "num_key_value_heads": 1}

# name: (what it shows, seed, tokens S, changes to MODEL, changes to FAM, changes to the inputs[, options])
#
# A seed is one of a handful, the one whose model is best conditioned: the oracle itself, run in float32, must err well
# below the tolerances of the parity tests (1e-5 forward, 1e-4 gradients); test_oracle.py checks it.
#
# Options: stop_gradient, starts, layer_windows (see `oracle.forward`), diversity, reconstruction (weights of the
# auxiliary losses).
BASIC = {
    "bswa-m0": (
        "Block attention without memory segments or FAM: each block stands alone.",
        1, 22, {}, {"block_size": 5}, {}),
    "bswa-m2": (
        "Block sliding window attention with two memory segments, three layers, a partial last block.",
        10, 27, {"num_hidden_layers": 3}, {"memory_segments": 2}, {}),
    "full-causal": (
        "No FAM and a block longer than the text: ordinary full causal attention, the original Llama.",
        12, 20, {**GROUPED, "rope_theta": 500000.0}, {"block_size": 32}, {}),
    "fam-m0": (
        "TransformerFAM without memory segments: FAM is the only path between blocks; six full blocks.",
        9, 24, {}, {"fam_length": 3}, {}),
    "fam-m1-grouped": (
        "TransformerFAM with one memory segment and grouped-query attention; FAM is as long as the block.",
        1, 26, {**GROUPED}, {"memory_segments": 1, "fam_length": 4}, {}),
    "fam-m3-multiquery": (
        "Three memory segments, multi-query attention, heads x head_dim unlike the width, an untied head, three "
        "layers, a partial last block.",
        2, 29, {**MULTI_QUERY, "num_hidden_layers": 3, "intermediate_size": 8, "tie_word_embeddings": False,
             "rms_norm_eps": 1e-5},
        {"memory_segments": 3, "fam_length": 2}, {}),
    "fam-norm-m0-long": (
        "Normalised FAM over twelve blocks without memory segments: the recurrence far from its start.",
        9, 48, {}, {"fam_length": 2, "variant": "fam-norm"}, {"spread": 0.3}),
    "fam-norm-m2-grouped": (
        "Normalised FAM with two memory segments, grouped-query attention, a partial last block; the large "
        "rms_norm_eps makes it visible that the initial FAM is not normalised.",
        6, 28, {**GROUPED, "rms_norm_eps": 0.01},
        {"block_size": 6, "memory_segments": 2, "fam_length": 3, "variant": "fam-norm"}, {}),
    "fam-float": (
        "FAM positions spread evenly between the position before the block and its first.",
        2, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 3, "position": "float"}, {}),
    "fam-zero": (
        "All FAM activations at absolute position 0, tokens at absolute positions.",
        12, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 3, "position": "zero"}, {}),
    "fam-resumed": (
        "FAM handed in: row 0 is carried and keeps its residual, row 1 is not and starts from the prompt; the memory "
        "segments start empty.",
        8, 22, {}, {"memory_segments": 1, "fam_length": 3}, {"handed": True}),
    "fam-large-scores": (
        "Query and key weights scaled until attention scores reach some tens: the softmax must not overflow.",
        18, 14, {}, {"memory_segments": 1, "fam_length": 3}, {"query_key_scale": 2.3}),
}

VARIANTS = {
    "bswa-sinks": (
        "Two sinks beside one memory segment: seen from where they are up to block 1, turned from block 2 on.",
        1, 26, {**GROUPED}, {"variant": "bswa", "memory_segments": 1, "sinks": 2}, {}),
    "bswa-m0-sinks": (
        "Sinks without memory segments, as many as a block has tokens: they stand directly before each block.",
        2, 22, {}, {"variant": "bswa", "sinks": 4}, {}),
    "bswa-layer-windows": (
        "A window of 3 tokens in the first of three layers and of 7 in the last, beside two memory segments.",
        10, 27, {"num_hidden_layers": 3}, {"variant": "bswa", "memory_segments": 2}, {},
        {"layer_windows": [3, None, 7]}),
    "bswa-stop-memory": (
        "The gradient is stopped at stored keys and values (M1_SG of Fig. 3a).",
        12, 26, {}, {"variant": "bswa", "memory_segments": 1}, {}, {"stop_gradient": "memory"}),
    "bswa-starts": (
        "Rows whose documents end at different blocks, sinks and two memory segments restarting with them.",
        3, 30, {}, {"variant": "bswa", "memory_segments": 2, "sinks": 1}, {}, {"starts": [[0, 3], [0, 1, 5]]}),
    "swa": (
        "A window of 7 tokens, across blocks of 4: two segments with a lower bound per query.",
        1, 27, {**GROUPED}, {"variant": "swa", "window": 7}, {}),
    "swa-within-block": (
        "A window of 3 tokens, shorter than the block.",
        2, 23, {}, {"variant": "swa", "block_size": 5, "window": 3}, {}),
    "swa-sinks": (
        "A window of 6 tokens with two sinks, which no window hides; the second layer's own window is 4.",
        6, 26, {}, {"variant": "swa", "window": 6, "sinks": 2}, {}, {"layer_windows": [None, 4]}),
    "txl": (
        "The window of Transformer-XL, m C = 8 tokens.",
        4, 27, {}, {"variant": "txl", "memory_segments": 2}, {}),
    "txl-stop-memory": (
        "The window of Transformer-XL with its stopped gradient; grouped heads.",
        5, 25, {**GROUPED}, {"variant": "txl", "memory_segments": 1}, {}, {"stop_gradient": "memory"}),
    "fam-stop-fam": (
        "The gradient is stopped at FAM that an earlier block made; the prompt keeps what it gives to block 0.",
        33, 26, {}, {"memory_segments": 1, "fam_length": 3}, {}, {"stop_gradient": "fam"}),
    "fam-stop-memory": (
        "The gradient is stopped at stored keys and values, sinks among them, and flows through FAM.",
        10, 26, {}, {"memory_segments": 1, "fam_length": 3, "sinks": 2}, {}, {"stop_gradient": "memory"}),
    "fam-sinks-m2-grouped": (
        "FAM, two memory segments and three sinks, which stand where FAM stands.",
        37, 30, {**GROUPED}, {"memory_segments": 2, "fam_length": 2, "sinks": 3}, {}),
    "fam-m0-sinks-float": (
        "FAM at 'float' and sinks, without memory segments.",
        18, 23, {}, {"block_size": 5, "fam_length": 3, "sinks": 2, "position": "float"}, {}),
    "fam-layer-windows": (
        "A window of 3 tokens in the first layer beside FAM, memory segments and a sink: it bounds tokens alone.",
        10, 27, {}, {"memory_segments": 1, "fam_length": 3, "sinks": 1}, {}, {"layer_windows": [3, None]}),
    "fam-starts": (
        "Rows whose documents end at different blocks: FAM, sinks and memory segments start anew with each.",
        33, 30, {}, {"memory_segments": 1, "fam_length": 3, "sinks": 2}, {}, {"starts": [[0, 4], [0, 1, 3]]}),
    "fam-zero-starts": (
        "Documents that end at different blocks with FAM at position 0: positions count from each document's start.",
        12, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 3, "position": "zero"}, {},
        {"starts": [[0, 2], [0, 3]]}),
    "fam-norm-initial": (
        "FAM normalised to the size of the layer's F_{-1}; a partial last block.",
        33, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-norm", "norm": "initial"},
        {"spread": 0.3}),
    "fam-norm-initial-m0-grouped": (
        "FAM normalised to the size of the layer's F_{-1}, large rms_norm_eps, no memory segments.",
        18, 29, {**GROUPED, "rms_norm_eps": 0.01}, {"fam_length": 2, "variant": "fam-norm", "norm": "initial"},
        {"spread": 0.3}),
    "fam-norm-unit": (
        "FAM normalised to 1, said in so many words, with sinks.",
        61, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-norm", "norm": "unit", "sinks": 1},
        {"spread": 0.3}),
    "fam-no-residual": (
        "FAM's update without its residual, at every block.",
        20, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-no-residual"}, {}),
    "fam-no-ff": (
        "FAM's update without the feed-forward layer.",
        6, 26, {**GROUPED}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-no-ff"}, {}),
    "fam-n-2": (
        "Two FAMs visible to tokens and to FAM's queries; one memory segment.",
        37, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-n", "visible": 2}, {}),
    "fam-n-3-m0-sinks": (
        "Three FAMs visible, no memory segments, one sink, grouped heads, a partial last block.",
        26, 29, {**GROUPED}, {"fam_length": 2, "variant": "fam-n", "visible": 3, "sinks": 1}, {}),
    "fam-n-3-float": (
        "Three FAMs visible, at 'float'.",
        2, 27, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 2, "variant": "fam-n", "visible": 3,
                    "position": "float"}, {}),
    "fam-n-2-zero": (
        "Two FAMs visible, all of them at 0.",
        35, 26, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 2, "variant": "fam-n", "visible": 2,
                    "position": "zero"}, {}),
    "fam-n-2-stop-fam-starts": (
        "Two FAMs visible, the gradient stopped at those that a block made; documents end at different blocks.",
        20, 30, {}, {"memory_segments": 1, "fam_length": 2, "variant": "fam-n", "visible": 2}, {},
        {"stop_gradient": "fam", "starts": [[0, 4], [0, 2]]}),
    "fam-prefix": (
        "F_{-1} of each layer is a weight of its own.",
        18, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "fam-prefix"}, {}),
    "fam-prefix-m0-zero": (
        "Weights of their own for F_{-1}, FAM at 0, no memory segments, grouped heads.",
        12, 23, {**GROUPED}, {"fam_length": 2, "variant": "fam-prefix", "position": "zero"}, {}),
    "sum": (
        "Static summary tokens, one block of them visible.",
        20, 26, {}, {"memory_segments": 1, "fam_length": 3, "variant": "sum"}, {}),
    "sum-3-m0-grouped": (
        "Static summary tokens, three blocks of them visible, no memory segments; a sink.",
        26, 29, {**GROUPED}, {"fam_length": 2, "variant": "sum", "visible": 3, "sinks": 1}, {}),
    "sum-2-stop-fam": (
        "Static summary tokens at 'float', two blocks of them visible, the gradient stopped at what a block made.",
        38, 27, {}, {"block_size": 5, "memory_segments": 1, "fam_length": 2, "variant": "sum", "visible": 2,
                    "position": "float"}, {}, {"stop_gradient": "fam"}),
    "sum-2-zero-starts": (
        "Static summary tokens at 0, two blocks of them visible, documents that end at different blocks.",
        38, 30, {}, {"memory_segments": 1, "fam_length": 2, "variant": "sum", "visible": 2, "position": "zero"}, {},
        {"starts": [[0, 4], [0, 1, 3]]}),
    "fm": (
        "Feedback memory, one segment.",
        34, 26, {}, {"variant": "fm", "memory_segments": 1}, {}),
    "fm-m2-grouped": (
        "Feedback memory, two segments, three layers, grouped heads, a window in the last layer.",
        36, 27, {**GROUPED, "num_hidden_layers": 3}, {"variant": "fm", "memory_segments": 2}, {},
        {"layer_windows": [None, None, 5]}),
    "fm-stop-memory-starts": (
        "Feedback memory with the gradient stopped at it; documents end at different blocks.",
        27, 26, {}, {"variant": "fm", "memory_segments": 1}, {},
        {"stop_gradient": "memory", "starts": [[0, 2, 5], [0, 4]]}),
    "rmt": (
        "Recurrent Memory Transformer, a partial last block.",
        8, 26, {}, {"variant": "rmt", "fam_length": 3}, {}),
    "rmt-grouped-starts": (
        "Recurrent Memory Transformer, grouped heads, an untied head, documents that end at different blocks.",
        10, 30, {**GROUPED, "tie_word_embeddings": False}, {"variant": "rmt", "fam_length": 2}, {},
        {"starts": [[0, 4], [0, 1, 3]]}),
    "rmt-stop-fam": (
        "Recurrent Memory Transformer, the gradient stopped at M that a block made; full blocks only.",
        10, 20, {}, {"variant": "rmt", "block_size": 5, "fam_length": 2}, {}, {"stop_gradient": "fam"}),
    "autocompressor": (
        "AutoCompressor that keeps all summaries; the gradient stops after every second block.",
        36, 26, {}, {"variant": "autocompressor", "fam_length": 2}, {}),
    "autocompressor-max-2-grouped": (
        "AutoCompressor that keeps the summaries of two blocks at most, grouped heads.",
        6, 27, {**GROUPED}, {"variant": "autocompressor", "fam_length": 3, "max_summaries": 2}, {}),
    "autocompressor-max-3-starts": (
        "AutoCompressor that keeps three blocks at most; documents end at different blocks, and so do their gradients.",
        36, 30, {}, {"variant": "autocompressor", "fam_length": 2, "max_summaries": 3}, {},
        {"starts": [[0, 5], [0, 1, 3]]}),
    "autocompressor-stop-fam": (
        "AutoCompressor, the gradient stopped at all summaries; the embeddings keep theirs.",
        10, 22, {}, {"variant": "autocompressor", "fam_length": 2}, {}, {"stop_gradient": "fam"}),
    "fam-diversity": (
        "The diversity loss beside FAM.",
        33, 26, {}, {"memory_segments": 1, "fam_length": 3}, {}, {"diversity": 0.3}),
    "fam-n-2-diversity-starts": (
        "The diversity loss over two visible FAMs; documents end at different blocks.",
        6, 26, {**GROUPED}, {"fam_length": 2, "variant": "fam-n", "visible": 2, "sinks": 1}, {},
        {"diversity": 0.5, "starts": [[0, 3], [0, 2, 5]]}),
    "fam-reconstruction": (
        "The reconstruction loss beside FAM.",
        33, 26, {}, {"memory_segments": 1, "fam_length": 3}, {}, {"reconstruction": 0.2}),
    "fam-norm-reconstruction-float": (
        "The reconstruction loss with normalised FAM at 'float', grouped heads.",
        31, 27, {**GROUPED}, {"block_size": 5, "fam_length": 3, "variant": "fam-norm", "position": "float"}, {},
        {"reconstruction": 0.5}),
    "sum-diversity-reconstruction": (
        "Both auxiliary losses over static summary tokens, two blocks of them visible, at 0.",
        35, 26, {}, {"memory_segments": 1, "fam_length": 2, "variant": "sum", "visible": 2, "position": "zero"}, {},
        {"diversity": 0.3, "reconstruction": 0.4}),
}

CASES = BASIC | VARIANTS
