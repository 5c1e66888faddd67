"""The sentences that stand for codes; what is said to them in other languages is in `locales/`."""

from collections.abc import Mapping

from services.desk.door.speech import to_say

RESULTS: Mapping[str, str] = {
    "reached": to_say("Reached, told"),
    "no_answer": to_say("Nobody answered"),
    "wrong_number": to_say("Wrong number"),
    "later": to_say("Asked to be called later"),
    "wants": to_say("Wants something"),
}
WISHES: Mapping[str, str] = {
    "representative": to_say("Somebody else will collect it"),
    "new_receipt": to_say("A new receipt to follow the document"),
    "person": to_say("To speak to the agency"),
    "no_calls": to_say("No calls any more"),
}
ENDED: Mapping[str, str] = {
    **RESULTS,
    "wants": to_say("Wanted something"),
    "later": to_say("Asked to be called later"),
    "moved": to_say("The document is at another stage by now"),
    "finished": to_say("The document has come to its end"),
    "withdrawn": to_say("The news was withdrawn"),
    "stopped": to_say("They do not follow the document any more"),
    "called": to_say("They were called"),
    "unknown": to_say("The news is purged"),
    "no_calls": to_say("They want no calls"),
    "given_up": to_say("Nobody answered, time and again"),
    "too_old": to_say("The news is too old"),
}
MISSED: Mapping[str, str] = {
    "failed": to_say("The message was sent and did not arrive"),
    "blocked": to_say("They have blocked the bot"),
}
MISSED_AS: Mapping[str, str] = {
    "accepted": to_say("The message was sent and did not arrive"),
    "undeliverable": to_say("No message can be sent to them"),
    "expired": to_say("The message could not be sent in time"),
    "unknown": to_say("Nobody knows whether the message arrived"),
}
NOTICES: Mapping[str, str] = {
    "entered": to_say("The call is entered."),
    "given_back": to_say("Others can take it now."),
    "nothing": to_say("Nobody is to be called right now."),
    "gone": to_say("Another caller has it, or nobody needs to be called any more."),
    "closed": to_say("No calls are made at this hour."),
    "off": to_say("Your agency makes no calls from here."),
}
FAULTS: Mapping[str, str] = {
    "no_result": to_say("Say how the call went."),
    "no_wish": to_say("Say what they want."),
    "no_time": to_say("Give a day and a time, such as 15:30 tomorrow."),
    "past": to_say("This time is over. Give a later one."),
    "closed": to_say("No calls are made at that time. Give another one."),
    "too_late": to_say("By then the news is too old. Give an earlier time."),
    "lost": to_say("Another caller has this entry by now, so nothing was entered. Tell them what you heard."),
}
