#!/usr/bin/env python3
"""Fill in the "out" of train/data/chat/jinja/testdata/language.jsonl with Jinja2, set up as Hugging Face's library does.

    pip install jinja2
    python3 cmd/versus/jinja.py train/data/chat/jinja/testdata/language.jsonl

The first line holds the values, each other line a template; "fails": true stands where Jinja2 refuses.
"""
import datetime
import json
import sys

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_text"), [], [], body).set_lineno(line)

    def _text(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def main():
    path = sys.argv[1]
    with open(path, encoding="utf-8") as f:
        values, *rows = [json.loads(line) for line in f]
    now = datetime.datetime(2026, 11, 3, 4, 5, 6)
    env = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = now.strftime
    with open(path, "w", encoding="utf-8") as f:
        print(json.dumps(values, ensure_ascii=False), file=f)
        for row in rows:
            try:
                row = {"template": row["template"], "out": env.from_string(row["template"]).render(**values)}
            except Exception:
                row = {"template": row["template"], "fails": True}
            print(json.dumps(row, ensure_ascii=False), file=f)
    print(f"{len(rows)} templates, Jinja2 {jinja2.__version__}")


main()
