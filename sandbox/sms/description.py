"""How the simulated provider's gateway is described to the notifier."""

from sandbox.sms.gateway import PATH
from sandbox.sms.reports import SIGNATURE


def description(base_url: str, **more: str) -> str:
    """Return the description as a YAML text for a sandbox at a base URL; `more` are further lines of it."""
    further = "".join(f"{name}: {value}\n" for name, value in more.items())
    return f"""# The provider of the sandbox, for play and tests: its texts come up on the phone page.
url: {base_url}{PATH}
headers:
  Authorization: Bearer ${{DOCWATCH_SMS_KEY}}
json: |
  {{
    "to": "{{number}}", "from": "{{sender}}", "text": "{{text}}", "unicode": "{{unicode}}",
    "reference": "{{key}}", "report_to": "{{posts}}"
  }}
rate: 30
answer:
  id: /message/id
  error: /error/code
errors:
  throttled: [too_many]
  unreachable: [unknown_subscriber]
  blocked: [barred_by_subscriber]
  permanent: [bad_text, too_large]
  down: [bad_key]
posts:
  secret: ${{DOCWATCH_SMS_WEBHOOK_SECRET}}
  signature:
    header: {SIGNATURE}
    key: ${{DOCWATCH_SMS_SIGNING_KEY}}
receipts:
  items: /receipts
  id: /id
  number: /to
  status: /status
texts:
  items: /texts
  id: /id
  number: /from
  text: /text
{further}"""
