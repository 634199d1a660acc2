"""lm-evaluation-harness against quern: its model local-completions asks `quern serve-model` for the log-likelihoods of a task over local
rows, and what it makes of them must be what `quern eval` says. Needs the Python package lm_eval; no network.

    python cmd/versus/lmeval.py ./quern MODEL|RUN blimp:ROWS.jsonl choice:ROWS.jsonl [--limit N]

Tasks are BLiMP's rows, and rows of ARC (question, choices {text, label}, answerKey). Prints both figures and ends with 1 if any differs.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile

TASKS = {
    "blimp": {  # lm_eval/tasks/blimp/_template_yaml
        "doc_to_text": "",
        "doc_to_target": 0,
        "doc_to_choice": "{{[sentence_good, sentence_bad]}}",
    },
    "choice": {  # lm_eval/tasks/arc/arc_easy.yaml
        "doc_to_text": "Question: {{question}}\nAnswer:",
        "doc_to_target": "{{choices.label.index(answerKey)}}",
        "doc_to_choice": "{{choices.text}}",
    },
}


def task_folder(folder, kind, path, limit):
    """A task of lm-evaluation-harness over the first rows of a file."""
    rows = os.path.join(folder, "rows.jsonl")
    with open(path) as f, open(rows, "w") as g:
        for i, line in enumerate(f):
            if limit and i >= limit:
                break
            g.write(line)
    task = dict(TASKS[kind], task="local_" + kind, dataset_path="json", dataset_kwargs={"data_files": {"test": rows}},
                output_type="multiple_choice", test_split="test", num_fewshot=0,
                metric_list=[{"metric": m, "aggregation": "mean", "higher_is_better": True} for m in ("acc", "acc_norm")])
    with open(os.path.join(folder, "task.yaml"), "w") as f:
        json.dump(task, f)  # JSON is YAML
    return rows


def main():
    p = argparse.ArgumentParser()
    p.add_argument("quern")
    p.add_argument("model")
    p.add_argument("task", nargs="+")
    p.add_argument("--limit", type=int, default=200)
    p.add_argument("--batch", type=int, default=16)
    a = p.parse_args()
    server = subprocess.Popen([a.quern, "serve-model", a.model, "--port", "0", "--name", "quern"], stderr=subprocess.PIPE, text=True)
    try:
        at, context = None, None
        for line in server.stderr:
            if m := re.search(r"context (\d+), at (http://\S+)/v1", line):
                context, at = int(m[1]), m[2]
                break
        if not at:
            sys.exit("the server did not start")
        same = True
        for t in a.task:
            kind, path = t.split(":", 1)
            with tempfile.TemporaryDirectory() as folder:
                rows = task_folder(folder, kind, path, a.limit)
                env = dict(os.environ, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", TRANSFORMERS_OFFLINE="1", HF_HOME=os.path.join(folder, "hf"))
                code = ("import json, lm_eval\n"
                        "from lm_eval.tasks import TaskManager\n"
                        f"r = lm_eval.simple_evaluate(model='local-completions', model_args='model=quern,base_url={at}/v1/completions,"
                        f"tokenizer_backend=remote,max_length={context + 1},num_concurrent=1', tasks=['local_{kind}'], batch_size={a.batch},"
                        f" task_manager=TaskManager(include_path={folder!r}, include_defaults=False), bootstrap_iters=0)\n"
                        f"s = [[x[0][0] for x in q['resps']] for q in r['samples']['local_{kind}']]\n"
                        f"print('RESULT', json.dumps([r['results']['local_{kind}'], [[float(v) for v in x] for x in s]]))\n")
                said = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
                found = re.search(r"^RESULT (.*)$", said.stdout, re.M)
                if not found:
                    sys.exit(said.stdout[-2000:] + said.stderr[-4000:])
                theirs, said = json.loads(found[1])
                ours = json.loads(subprocess.run([a.quern, "eval", a.model, "--task", f"{kind}:{rows}", "--json", "--samples", str(a.limit)],
                                                 check=True, capture_output=True, text=True).stdout)["results"][0]
                if kind == "blimp":  # each sentence by itself
                    own = [[float(x) for x in re.findall(r"-?[0-9.]+", q["output"])] for q in ours["samples"]]
                    worst = max(abs(x - y) for p, q in zip(said, own, strict=True) for x, y in zip(p, q, strict=True))
                    same = same and worst < 1e-5
                    print(f"{t}: log-likelihoods of {2 * len(own)} sentences differ by {worst:.1e} nats at most")
                ours = {m["name"]: m for m in ours["metrics"]}
                for name in ("acc", "acc_norm"):
                    if name not in ours:
                        continue
                    x, y = theirs[name + ",none"], ours[name]["value"]
                    same = same and abs(x - y) < 1e-12
                    print(f"{t} {name}: lm-evaluation-harness {x:.6f}, quern {y:.6f} of {ours[name]['n']}{'' if abs(x - y) < 1e-12 else '  DIFFERENT'}")
    finally:
        server.terminate()
        server.wait()
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
