"""What the gateway refuses with: always HTTP 200 and one `error_response`."""

from dataclasses import dataclass

from sandbox.taobao.values import Answer


@dataclass(frozen=True)
class TopError(Exception):
    """A call is refused; `sub_code` begins with isv. for the caller's fault, isp. for ours."""

    code: int
    msg: str
    sub_code: str | None = None
    sub_msg: str | None = None

    def entry(self) -> Answer:
        """The inside of `error_response`, without its request_id."""
        found = {
            "code": self.code,
            "msg": self.msg,
            "sub_code": self.sub_code,
            "sub_msg": self.sub_msg,
        }
        return {key: value for key, value in found.items() if value is not None}


def missing(name: str) -> TopError:
    """A required argument was not sent."""
    return TopError(40, f"Missing required arguments:{name}", f"isv.missing-parameter:{name}")


def invalid(name: str, reason: str) -> TopError:
    """An argument is outside of what the method takes."""
    return TopError(41, f"Invalid arguments:{name}", f"isv.invalid-parameter:{name}", reason)


def refused(sub_code: str, reason: str) -> TopError:
    """The service behind the gateway says no: the caller's fault, and repeating does not help."""
    return TopError(15, "Remote service error", f"isv.{sub_code}", reason)


def busy() -> TopError:
    """The service behind the gateway does not answer: ours, try again later."""
    return TopError(
        15, "Remote service error", "isp.remote-service-timeout", "API调用后端服务超时，请重试"
    )


def limited(rule: str, seconds: int) -> TopError:
    """The app has called too often; it is banned for so many seconds."""
    return TopError(
        7,
        "App Call Limited",
        f"accesscontrol.limited-by-{rule}-access-count",
        f"This ban will last for {seconds} more seconds",
    )
