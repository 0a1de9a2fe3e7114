#!/usr/bin/env python3
"""The baseline that kndb's speed is compared with: the algorithm of EleutherAI's `knowledge-neurons` in plain PyTorch.

    pip install torch==2.11.0 transformers==5.23.0 tokenizers==0.23.3 safetensors==0.8.0 numpy==2.4.6
    python eleuther.py --make-weights OUT --shape bert-base      # a folder with random weights and 16-token prompts
    python eleuther.py --model OUT --prompts OUT/prompts.jsonl --threads 1 [--batch 20] [--scores S --float64] [--device cuda]

As that library does, for every layer: one full forward pass for the activation at the scored position, then the
activation scaled by 20 values from 0 to 1, both ends included, in chunks of `--batch` rows (its default is 10); each
chunk is a full forward pass with logits at all positions, a softmax at the scored one, and a backward pass to the
scaled activations; the score is the sum of the gradients times activation / 20. Hooked where the library hooks: the
output of BERT's intermediate block, the output of GPT-2's `c_fc`; Llama models, which it does not know, at the input
of `down_proj`. Weights keep `requires_grad`, attention is what `transformers` picks, both as the library's users get
them. A prompt is one scored token: multi-token objects are several prompts.

Prints one JSON object: facts per second, seconds per fact and per layer; with `--device cuda` the card and the most memory
that was allocated on it. `--scores S` writes S.npy, [facts, layers, neurons] in float32, and with `--float64` also
S-f64.npy, computed from the same weights, outside the timing.
"""
import argparse
import json
import os
import platform
import random
import sys
import time

STEPS = 20
TOKENS = 16
SHAPES = ["bert-base", "gpt2-small", "smollm2"]


def random_model(shape, layers=None):
    """A model of that shape, or with fewer layers, and its special tokens by id."""
    import transformers as t

    if shape == "bert-base":
        return t.BertForMaskedLM(t.BertConfig(num_hidden_layers=layers or 12)), {0: "[PAD]", 100: "[UNK]", 101: "[CLS]", 102: "[SEP]", 103: "[MASK]"}
    if shape == "gpt2-small":
        return t.GPT2LMHeadModel(t.GPT2Config(n_layer=layers or 12)), {50256: "<|endoftext|>"}
    config = t.LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=layers or 30, num_attention_heads=9,
        num_key_value_heads=3, max_position_embeddings=8192, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0}, bos_token_id=1, eos_token_id=2,
    )
    return t.LlamaForCausalLM(config), {0: "<|endoftext|>", 1: "<|im_start|>", 2: "<|im_end|>"}


def make_weights(out, shape, seed, facts, layers=None):
    """Random weights as a Hugging Face folder, a tokenizer under which "t5 t9" is ids 5 and 9, and prompts."""
    import torch
    from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

    torch.manual_seed(seed)
    model, special = random_model(shape, layers)
    with torch.no_grad():  # wider than usual, so that tokens are not all equally likely
        for p in model.parameters():
            if p.dim() > 1:
                p.normal_(std=0.04)
    model.save_pretrained(out)
    if os.path.exists(os.path.join(out, "generation_config.json")):
        os.remove(os.path.join(out, "generation_config.json"))
    size = model.config.vocab_size
    names = [special.get(i, f"t{i}") for i in range(size)]
    unknown = "[UNK]" if "[UNK]" in names else special[max(special)]
    tok = Tokenizer(models.WordLevel({n: i for i, n in enumerate(names)}, unk_token=unknown))
    tok.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tok.add_special_tokens([AddedToken(n, special=True, normalized=False) for _, n in sorted(special.items())])
    tok.save(os.path.join(out, "tokenizer.json"), pretty=False)

    draw = random.Random(seed)
    with open(os.path.join(out, "prompts.jsonl"), "w") as f:
        for _ in range(facts):
            ids = [draw.randrange(1000, size - 1) for _ in range(TOKENS)]
            position, target = TOKENS - 1, draw.randrange(1000, size - 1)
            if shape == "bert-base":
                position = TOKENS - 3  # as in "… is [MASK] . [SEP]"
                ids[0], ids[position], ids[-1] = 101, 103, 102
            text = " ".join(names[i] for i in ids)
            f.write(json.dumps({"ids": ids, "position": position, "target": target, "text": text, "object": names[target]}) + "\n")


def load(folder, device, double=False):
    import torch
    import transformers

    with open(os.path.join(folder, "config.json")) as f:
        masked = json.load(f)["model_type"] == "bert"
    auto = transformers.AutoModelForMaskedLM if masked else transformers.AutoModelForCausalLM
    return auto.from_pretrained(folder, dtype=torch.float64 if double else torch.float32).to(device).eval()


class Blocks:
    """Where each layer's activations are read and replaced."""

    def __init__(self, model):
        kind = model.config.model_type
        if kind == "bert":
            self.modules = [layer.intermediate for layer in model.bert.encoder.layer]
        elif kind == "gpt2":
            self.modules = [block.mlp.c_fc for block in model.transformer.h]
        else:
            self.modules = [layer.mlp.down_proj for layer in model.model.layers]
        self.at_input = kind not in ("bert", "gpt2")

    def __len__(self):
        return len(self.modules)

    def hook(self, layer, change):
        """Call `change` with the activations [rows, tokens, neurons]; what it returns, if anything, takes their place."""
        module = self.modules[layer]
        if self.at_input:
            return module.register_forward_pre_hook(lambda m, i: None if (r := change(i[0])) is None else (r,))
        return module.register_forward_hook(lambda m, i, o: change(o))


def layer_scores(model, blocks, layer, fact, batch):
    import torch

    ids, position, target = torch.tensor([fact["ids"]], device=model.device), fact["position"], fact["target"]
    seen = []
    handle = blocks.hook(layer, lambda a: seen.append(a[:, position, :]))
    model(input_ids=ids, attention_mask=torch.ones_like(ids))
    handle.remove()
    activation = seen[0].detach()
    if activation.dtype == torch.bfloat16:  # sums stay in float32
        activation = activation.float()
    scaled = activation * torch.linspace(0, 1, STEPS, dtype=activation.dtype, device=model.device)[:, None]
    scaled.requires_grad_(True)
    total = torch.zeros_like(activation[0])
    for rows in scaled.chunk(STEPS // batch):

        def replace(a):
            a = a.clone() if blocks.at_input else a  # an input may be needed unchanged by the product it came from
            a[:, position, :] = rows
            return a

        handle = blocks.hook(layer, replace)
        inputs = ids.repeat(batch, 1)
        logits = model(input_ids=inputs, attention_mask=torch.ones_like(inputs)).logits
        handle.remove()
        p = torch.softmax(logits[:, position, :], dim=-1)
        total += torch.autograd.grad(torch.unbind(p[:, target]), rows)[0].sum(0)
    return total * activation[0] / STEPS


def attribute(model, facts, batch):
    """Scores [facts][layers], and seconds [facts][layers]."""
    blocks, scores, seconds = Blocks(model), [], []
    for fact in facts:
        scores.append([])
        seconds.append([])
        for layer in range(len(blocks)):
            began = time.perf_counter()
            scores[-1].append(layer_scores(model, blocks, layer, fact, batch).cpu().numpy())
            seconds[-1].append(time.perf_counter() - began)
    return scores, seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make-weights", metavar="OUT", help="write random weights, tokenizer and prompts into OUT, and stop")
    parser.add_argument("--shape", choices=SHAPES, default="bert-base", help="of the random weights")
    parser.add_argument("--layers", type=int, help="of the random weights, where the shape's own number is too many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facts", type=int, default=16, help="prompts to write with --make-weights")
    parser.add_argument("--model", metavar="DIR", help="a Hugging Face folder")
    parser.add_argument("--prompts", metavar="FILE", help='JSON lines {"ids": […], "position": p, "target": t}')
    parser.add_argument("--limit", type=int, help="attribute only the first prompts")
    parser.add_argument("--batch", type=int, choices=[1, 2, 4, 5, 10, 20], default=10, help="rows in one pass")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda:N")
    parser.add_argument("--scores", metavar="OUT", help="write OUT.npy")
    parser.add_argument("--float64", action="store_true", help="also write OUT-f64.npy")
    parser.add_argument("--bfloat16", action="store_true", help="let matrix products be of bfloat16 (autocast)")
    args = parser.parse_args()
    if args.float64 and not args.scores:
        parser.error("--float64 needs --scores OUT: it only adds a file there")
    os.environ["OMP_NUM_THREADS"] = str(args.threads)  # before torch is loaded: idle OpenMP threads spin
    if args.make_weights:
        os.makedirs(args.make_weights, exist_ok=True)
        make_weights(args.make_weights, args.shape, args.seed, args.facts, args.layers)
        return
    if not (args.model and args.prompts):
        parser.error("--model DIR and --prompts FILE are needed (or --make-weights OUT)")

    import numpy as np
    import torch
    import transformers

    torch.set_num_threads(args.threads)
    transformers.utils.logging.disable_progress_bar()
    with open(args.prompts) as f:
        facts = [json.loads(line) for line in f if line.strip()][: args.limit]
    model = load(args.model, args.device)
    with torch.no_grad():  # the first pass pays for allocations
        model(input_ids=torch.tensor([facts[0]["ids"]] * args.batch, device=model.device))
    with torch.autocast(args.device.split(":")[0], dtype=torch.bfloat16, enabled=args.bfloat16):
        scores, seconds = attribute(model, facts, args.batch)
    per_fact = [sum(s) for s in seconds]
    result = {
        "algorithm": "knowledge-neurons", "model": os.path.basename(os.path.normpath(args.model)), "facts": len(facts),
        "steps": STEPS, "batch": args.batch, "threads": args.threads, "torch": torch.__version__.split("+")[0],
        "machine": platform.machine(), "facts_per_second": len(facts) / sum(per_fact), "seconds_per_fact": per_fact,
        "seconds_per_layer": np.mean(seconds, 0).round(4).tolist(),
    }
    if args.device != "cpu":
        result["card"] = torch.cuda.get_device_name(args.device)
        result["bytes_on_card"] = torch.cuda.max_memory_allocated(args.device)
    if args.scores:
        np.save(args.scores + ".npy", np.array(scores, dtype=np.float32))
        if args.float64:
            del model
            exact = np.array(attribute(load(args.model, args.device, double=True), facts, args.batch)[0])
            np.save(args.scores + "-f64.npy", exact)
            largest = np.abs(exact).max(-1)
            result["float32_difference"] = float((np.abs(np.array(scores) - exact).max(-1) / largest).max())
            result["largest_score"] = float(largest.max())
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    sys.exit(main())
