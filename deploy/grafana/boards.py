"""All dashboards, in the order of their reader's interest."""

from deploy.grafana.inside import INTERNALS, MESSENGERS
from deploy.grafana.outside import BACK_OFFICE, BOT, WORKING
from deploy.grafana.questions import QUESTIONS

BOARDS = (WORKING, BACK_OFFICE, MESSENGERS, BOT, QUESTIONS, INTERNALS)
