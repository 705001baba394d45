# Pipeline as a service in a container: see docs/deploy.md and deploy/compose.yaml.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY pipeline ./pipeline
RUN python -m venv /opt/pipeline \
    && /opt/pipeline/bin/pip install --no-cache-dir --disable-pip-version-check '.[postgres,notify]'

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /shop --shell /usr/sbin/nologin pipeline \
    && install -d -o pipeline -g pipeline -m 0750 /shop
COPY --from=build /opt/pipeline /opt/pipeline
ENV PATH=/opt/pipeline/bin:$PATH \
    PIPELINE_CONFIG=/shop/config.toml \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001
WORKDIR /shop
# config.toml and mappings, inbox, processed, failed, and the database when it is SQLite
VOLUME ["/shop"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["pipeline", "service", "health"]
ENTRYPOINT ["pipeline"]
CMD ["run", "--log-format", "json"]
