"""How fast each domain gets letters: a bucket for each, and a place in time for what has to wait."""

from services.notifier.domain.pacing.token_buckets import Bucket

_MOST_DOMAINS = 10_000


class DomainPace:
    """Lets so many letters a second go to each domain; no clock is read here, `now` is monotonic seconds."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._domains: dict[str, _Domain] = {}

    def wait(self, domain: str, now: float) -> float:
        """Take a place: return 0.0 where a letter may go now, else after how many seconds to ask again.

        Those who wait are sent away for different times, so that they do not come back all at once.
        """
        found = self._domains.get(domain)
        if found is None:
            if len(self._domains) >= _MOST_DOMAINS:
                self._forget(now)
            # A domain that was not written to before has its first letter at once.
            found = self._domains[domain] = _Domain(Bucket(self._rate, now - 1.0 / self._rate), now)
        if found.bucket.available(now):
            found.bucket.take(1, now)
            return 0.0
        found.last = max(found.last, now + found.bucket.wait(now) - 1.0 / self._rate) + 1.0 / self._rate
        return found.last - now

    def _forget(self, now: float) -> None:
        """Forget those to which nothing has gone for a while, which is most of them."""
        full = (name for name, one in self._domains.items() if one.last <= now and one.bucket.available(now))
        for name in list(full):
            del self._domains[name]
        if len(self._domains) >= _MOST_DOMAINS:
            self._domains.clear()


class _Domain:
    """A domain's bucket, and until when those who wait have their places."""

    def __init__(self, bucket: Bucket, last: float) -> None:
        self.bucket = bucket
        self.last = last
