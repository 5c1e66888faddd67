"""All dashboards, in the order of their reader's interest."""

from deploy.grafana.appointments import APPOINTMENTS
from deploy.grafana.calls import CALLS
from deploy.grafana.inside import INTERNALS, MESSENGERS
from deploy.grafana.outside import BACK_OFFICE, BOT, WORKING
from deploy.grafana.page import PAGE
from deploy.grafana.people import PEOPLE
from deploy.grafana.questions import QUESTIONS

BOARDS = (WORKING, BACK_OFFICE, MESSENGERS, BOT, PAGE, QUESTIONS, PEOPLE, CALLS, APPOINTMENTS, INTERNALS)
