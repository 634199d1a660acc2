package chat

// chatML is ChatML as a template of transformers. What stands between generation and endgeneration is what an assistant is to learn.
const chatML = `{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\n' }}
{%- if message['role'] == 'assistant' %}
{%- generation %}
{{- message['content'] + '<|im_end|>' }}
{%- endgeneration %}
{%- else %}
{{- message['content'] + '<|im_end|>' }}
{%- endif %}
{{- '\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\n' }}
{%- endif %}
`

// Jinja is the template in the language that tokenizers carry templates in.
func (t Template) Jinja() string { return chatML }

// Stop names the tokens that end what the assistant says.
func (t Template) Stop() []string { return []string{"<|im_end|>"} }
