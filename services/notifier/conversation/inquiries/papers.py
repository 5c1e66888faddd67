"""What to bring for a document: from a tap, which holds all the answers so far, to what is said next."""

from dataclasses import replace

from services.notifier.conversation.addresses import ways
from services.notifier.conversation.citizen import Citizen, say
from services.notifier.domain.actions import Action, Again, Reply, Told
from services.notifier.domain.consultations import decoded, next_question, result_of, settled
from services.notifier.wording import prompts
from services.notifier.wording.keyboard import consultation_data
from services.notifier.wording.keyboard.consultation_data import Consulting


def opened(citizen: Citizen, replaces: str | None = None) -> Action:
    """Return the offer of all documents."""
    return say(prompts.choose_papers(citizen.speech, replaces))


def tapped(tap: Consulting, citizen: Citizen) -> Action:
    """Return the next question, the result or what was wanted of it; the first question once they changed."""
    speech, replaces = citizen.speech, citizen.tapped
    consultation = citizen.voice.catalogue.consultations.get(tap.code)
    if consultation is None:
        return opened(citizen, replaces)
    answers = decoded(consultation, tap.answers) if tap.version == consultation.version else None
    anew = answers is None and tap.answers != ""
    told = settled(consultation, answers or {})
    asked = next_question(consultation, told)
    if asked is not None:
        return say(prompts.question(speech, consultation, told, asked, replaces, anew=anew))
    result = result_of(consultation, told)
    match tap.verb:
        case "file":
            return say(prompts.papers_file(speech, consultation, told, result, citizen.at))
        case "where":
            return say(prompts.where_to_apply(speech, result))
        case "mail":
            return ways.mailed(citizen, consultation_data.data(replace(tap, verb="go")))
        case _:
            mails = citizen.follows and citizen.mails
            found = prompts.papers(speech, consultation, told, result, replaces, mails=mails)
            return Reply((found,), told=Told(Again(tap=consultation_data.data(tap)), found))
