"""What a server sends back of a letter that it could not deliver after all (RFC 3464)."""

from datetime import datetime
from email.utils import format_datetime
from typing import Literal

from sandbox.email.model import Mail
from sandbox.email.server import HOSTNAME

Action = Literal["failed", "delayed", "delivered", "relayed", "expanded"]


def report_on(mail: Mail, at: datetime, status: str = "5.1.1", action: Action = "failed") -> bytes:
    """Return the report on a letter, with the letter's head in it, as whole mail."""
    head = mail.raw.partition(b"\r\n\r\n")[0]
    envelope = "" if mail.envelope_id is None else f"Original-Envelope-Id: {mail.envelope_id}\r\n"
    seam = f"=_report_{mail.number}"
    text = (
        f"Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@{HOSTNAME}>\r\nTo: <{mail.sender}>\r\n"
        f"Subject: Undelivered mail\r\nDate: {format_datetime(at)}\r\n"
        f"Message-ID: <r{mail.number}@{HOSTNAME}>\r\n"
        "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{seam}"\r\n\r\n'
        f"--{seam}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\nIt could not be delivered.\r\n\r\n"
        f"--{seam}\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; {HOSTNAME}\r\n{envelope}\r\n"
        f"Final-Recipient: rfc822; {mail.recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 550 {status} no such mailbox\r\n\r\n"
        f"--{seam}\r\nContent-Type: text/rfc822-headers\r\n\r\n"
    )
    return text.encode() + head + f"\r\n\r\n--{seam}--\r\n".encode()
