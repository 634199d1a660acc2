#!/usr/bin/env python3
"""What transformers makes of chat templates: the text, and which characters of it the assistant generates.

    pip install transformers jinja2
    python3 cmd/versus/chat.py train/data/chat                 the built-in templates -> testdata/rendered.jsonl
    python3 cmd/versus/chat.py train/data/chat --models DIR    every *.jinja of DIR   -> DIR/rendered.jsonl

Each line has a template, the number of a conversation of testdata/conversations.jsonl, the text, the text with the assistant's next turn opened, and the
spans [from, to) that stand in {% generation %} blocks, in characters; "fails" stands where the template refuses.
"""
import datetime
import json
import pathlib
import sys

import transformers
from transformers.utils import chat_template_utils

EOS = "<|endoftext|>"


class Clock(datetime.datetime):
    """What strftime_now tells: the day that quern tells."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


chat_template_utils.datetime = Clock


def rendered(source, row, opened, spans):
    return chat_template_utils.render_jinja_template(
        conversations=[row["messages"]], tools=row.get("tools"), chat_template=source, add_generation_prompt=opened,
        return_assistant_tokens_mask=spans, bos_token=EOS, eos_token=EOS)


def main():
    room = pathlib.Path(sys.argv[1])
    folder, out = room / "templates", room / "testdata" / "rendered.jsonl"
    if len(sys.argv) > 3 and sys.argv[2] == "--models":
        folder = pathlib.Path(sys.argv[3])
        out = folder / "rendered.jsonl"
    rows = [json.loads(line) for line in open(room / "testdata" / "conversations.jsonl", encoding="utf-8")]
    with open(out, "w", encoding="utf-8") as f:
        for path in sorted(folder.glob("*.jinja")):
            source = path.read_text(encoding="utf-8").removesuffix("\n")
            for i, row in enumerate(rows):
                line = {"template": path.stem, "conversation": i}
                try:
                    texts, spans = rendered(source, row, False, True)
                    opened, _ = rendered(source, row, True, False)
                    line |= {"text": texts[0], "opened": opened[0], "spans": [[a, b] for a, b in spans[0]]}
                except Exception:
                    line["fails"] = True
                print(json.dumps(line, ensure_ascii=False), file=f)
    print(f"{out}: transformers {transformers.__version__}")


main()
