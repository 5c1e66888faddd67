"""What whoever runs the public edge looks at: the citizens' page, its open streams, pushes and forms."""

from deploy.grafana.model import Board, Panel, Query

_PAGE = "docwatch_notifier_page_answers_total"
_EDGE = "docwatch_notifier_edge_answers_total"
_PUSHES = "docwatch_notifier_pushes_total"

PAGE = Board(
    "docwatch-page",
    "Page",
    "The citizens' own page, its pushes, and the forms for e-mail and SMS.",
    (
        Panel(
            "Answers of the page",
            "Answers a second by HTTP status: 303 is what a form leads to, 4xx is refused, 5xx is our fault.",
            (Query(f"sum by (status) (rate({_PAGE}[5m]))", "{{status}}"),),
            unit="ops",
        ),
        Panel(
            "Answers that failed",
            "The share of the page's answers that say that it does not work now.",
            (
                Query(
                    f'(sum(rate({_PAGE}{{status=~"5.."}}[5m])) or vector(0)) / sum(rate({_PAGE}[5m]))',
                    "failed",
                ),
            ),
            unit="percentunit",
            alarm=0.05,
        ),
        Panel(
            "Open pages",
            "Pages that hear at once of what is new; a process has room for 400, others look now and then.",
            (Query("sum by (instance) (docwatch_notifier_page_streams)", "{{instance}}"),),
            alarm=380,
        ),
        Panel(
            "Pushes to devices",
            "Pushes a second by what came of them: taken, gone with the device, refused, to be tried later.",
            (Query(f"sum by (result) (rate({_PUSHES}[5m])) or vector(0)", "{{result}}"),),
            unit="ops",
        ),
        Panel(
            "Pages and forms of receipts",
            "Answers of the public edge a second: what codes lead to, and forms for e-mail and SMS.",
            (Query(f"sum by (kind) (rate({_EDGE}[5m]))", "{{kind}}"),),
            unit="ops",
        ),
    ),
)
