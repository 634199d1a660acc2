// Package jinja renders the chat templates that models bring along (chat_template in tokenizer_config.json, chat_template.jinja), with one thing more than
// Jinja2: of each byte that it writes it knows whether the template wrote it or whether it came with the data. So a special token that a user spells can be
// told from one that the template put there. In come the text of a template and values, out go spans of text. It knows no documents and no tokens.
//
// The language is Jinja2's as Hugging Face's library sets it up: trim_blocks and lstrip_blocks, loop controls, {% generation %} blocks, raise_exception,
// strftime_now, tojson without HTML escapes. What reaches outside of a template (include, import, extends, block) is refused by name, as are filters, tests and
// methods that templates of models do not use. A template is foreign: depth, steps and output have limits, and errors name the line.
package jinja
