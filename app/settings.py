"""Every setting, typed, with its unit; read once by the builders and passed down as values.

Names nest with two underscores: `COUPANG__PACE_PER_S=4`. Unsafe combinations are refused at start.
"""

from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from app.vault import parse_ring

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class Environment(StrEnum):
    """Where the process runs; production refuses every convenience."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class _Group(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Coupang(_Group):
    """How Coupang is reached."""

    base_url: str = "https://api-gateway.coupang.com"
    """Gateway address; the sandbox's address in development."""
    pace_per_s: float = Field(4.0, gt=0, le=1000)
    """Calls per second and vendor, evenly spaced; Coupang limits at about 10."""
    timeout_s: float = Field(5.0, gt=0)
    """Patience for an ordinary answer; the gateway itself gives up after 3 s."""
    extended_timeout_s: float = Field(60.0, gt=0, le=90)
    """Patience where the gateway is asked for more (`X-EXTENDED-TIMEOUT`)."""
    answer_most_bytes: int = Field(8 * 1024 * 1024, ge=1024 * 1024)
    """Largest answer that is taken, decompressed: 2,300 boxes; longer lists are asked for in parts."""


class Seller(_Group):
    """A seller's own Coupang key; `up` registers it and then runs without the sandbox."""

    vendor_id: str = ""
    """`A` or `C` and eight digits."""
    access_key: SecretStr = SecretStr("")
    """The vendor's access key."""
    secret_key: SecretStr = SecretStr("")
    """The vendor's secret key."""


class Secrets(_Group):
    """What must not leak."""

    master_key: SecretStr = SecretStr("")
    """`id:key[,id:key]`, newest first; 32 bytes of URL-safe base64 each. Seals keys and personal data."""


class Circuit(_Group):
    """When we fall silent towards Coupang by ourselves, and for how long at first.

    Each further stop doubles the pause, at most sixteenfold. Real seconds: bans run in real time.
    """

    throttled_s: float = Field(60.0, gt=0)
    """After a 429, for the vendor; access comes back minutes after the rate falls."""
    blocked_s: float = Field(600.0, gt=0)
    """After a 302, for the vendor; after an HTML 403, or a second vendor's 302, for all."""
    denied_s: float = Field(600.0, gt=0)
    """After 401 or 403 for the key, until it is replaced; changes take Coupang up to 30 minutes."""
    errors_s: float = Field(30.0, gt=0)
    """After a burst of errors, for the vendor."""
    errors_most: int = Field(20, ge=2)
    """So many failed calls of a vendor within a minute are a burst."""


class Jobs(_Group):
    """How work that happens by itself is spaced. Intervals follow the service's clock."""

    tick_s: float = Field(1.0, gt=0)
    """Real seconds between two looks for vendors that are due."""
    visit_s: float = Field(30.0, ge=3)
    """Longest visit to one vendor, in real seconds; what is left waits for the next visit."""
    concurrency: int = Field(8, ge=1)
    """Visits that one worker process runs at a time (one per vendor)."""
    accept_every_s: float = Field(180.0, gt=0)
    """Between two looks for new orders."""
    sweep_every_s: float = Field(1800.0, gt=0)
    """Between two sweeps of all six statuses, which extend the coverage."""
    claims_every_s: float = Field(300.0, gt=0)
    """Between two looks for stop requests and for cancels; waybills look by themselves before they go."""
    returns_every_s: float = Field(900.0, gt=0)
    """Between two looks for returns, and for withdrawals of open receipts."""
    lag_s: float = Field(600.0, ge=0)
    """How late an order may show up in the lists; a window is covered only this long after its end."""
    overlap_s: float = Field(1800.0, ge=0)
    """How far each look for new orders reaches back."""
    catch_up_days: int = Field(30, ge=1, le=30)
    """How far back what coverage lacks is asked for."""
    acknowledge_linger_s: float = Field(60.0, ge=0)
    """How long an acknowledge waits for others to share its call (at most 50 boxes)."""
    ship_linger_s: float = Field(5.0, ge=0)
    """How long a waybill waits for others to share its call; nothing when the caller waits for it."""
    permit_s: float = Field(900.0, gt=0)
    """How long a ship permit lasts, if nothing revokes it."""
    receiver_first_s: float = Field(120.0, gt=0)
    """First look whether an acknowledge shows and which address it is; later looks double the pause."""
    track_first_s: float = Field(7200.0, gt=0)
    """First look for a courier scan after a waybill; later looks back off."""
    track_most_s: float = Field(21600.0, gt=0)
    """Longest pause between two looks at an open box."""
    census_hour: int = Field(3, ge=-1, le=23)
    """Hour in Seoul after which everything of thirty days is counted once more, each day; -1 never."""
    erase_after_days: int = Field(100, ge=-1)
    """How long after its order has ended who somebody is stays known; Coupang takes goods back for three
    months. -1 never erases."""
    readings_days: int = Field(60, ge=31)
    """How long it is known what was read when (`/admin/v1/polls`); a census looks back thirty days."""
    erase_every_s: float = Field(600.0, gt=0)
    """Real seconds between two looks for what is to be erased."""
    write_shows_within_s: float = Field(60.0, gt=0)
    """A change of unknown outcome that does not show so long after the doubt was not applied."""


class Web(_Group):
    """The REST edge."""

    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8000, ge=0, le=65535)
    """Port to listen on."""
    wait_most_s: float = Field(30.0, ge=0)
    """Longest `Prefer: wait=N` that is honoured."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__", frozen=True, extra="ignore", use_attribute_docstrings=True
    )

    environment: Environment = Environment.DEVELOPMENT
    """`development` or `production`."""
    database_url: SecretStr = SecretStr("")
    """PostgreSQL ≥ 15, `postgresql://…`; empty = the embedded server, below `data_dir`."""
    data_dir: Path = Path(".data")
    """Where the embedded server and the development secrets live."""
    clock: str = "real"
    """`real`, `frozen:<time>` or `fast:<virtual time>@<unix seconds>x<factor>`."""
    log_level: str = "INFO"
    """Python log level."""
    coupang: Coupang = Coupang()
    seller: Seller = Seller()
    secrets: Secrets = Secrets()
    circuit: Circuit = Circuit()
    jobs: Jobs = Jobs()
    web: Web = Web()

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        if ring := self.secrets.master_key.get_secret_value():
            parse_ring(ring)
        if self.environment is Environment.PRODUCTION:
            host = urlsplit(self.coupang.base_url).hostname or ""
            if not ring:
                raise ValueError("production needs SECRETS__MASTER_KEY")
            if not self.database_url.get_secret_value():
                raise ValueError("production needs DATABASE_URL; the embedded server is for one machine")
            if host in LOOPBACK or not self.coupang.base_url.startswith("https://"):
                raise ValueError("production talks to Coupang over https, never to a sandbox")
            if self.clock != "real":
                raise ValueError("production runs on the real clock")
        if self.seller.vendor_id and urlsplit(self.coupang.base_url).hostname in LOOPBACK:
            raise ValueError("real keys (SELLER__…) are never sent to a sandbox")
        return self
