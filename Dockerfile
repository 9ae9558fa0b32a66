# syntax=docker/dockerfile:1

# Every dependency comes as a wheel, so that not even the first stage needs a compiler.
FROM python:3.13-slim AS dependencies
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements.lock /
RUN python -m venv /venv \
 && /venv/bin/python -m pip install --only-binary :all: --require-hashes -r /requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin service
COPY --from=dependencies /venv /venv
WORKDIR /service
# pyproject.toml holds the settings of Alembic. All of it belongs to root: the service cannot change its code.
COPY pyproject.toml ./
COPY migrations migrations
COPY app app
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "-m", "app"]
CMD ["web"]
