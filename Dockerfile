FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
COPY requirements.txt .
RUN /opt/venv/bin/pip install -r requirements.txt
WORKDIR /app
COPY . .
# Collecting static files asks for no database and no real secret.
RUN BACKROOM_PROFILE=production BACKROOM_DATA=/tmp/build BACKROOM_STATIC=/app/static \
    BACKROOM_SECRET_KEY=only-for-collecting-static-files \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && rm -rf /tmp/build

FROM python:3.11-slim
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    BACKROOM_PROFILE=production BACKROOM_DATA=/data BACKROOM_STATIC=/app/static \
    BACKROOM_BIND=0.0.0.0 PORT=8000 PROMETHEUS_MULTIPROC_DIR=/run/metrics
RUN useradd --system --uid 10001 --home-dir /data --create-home backroom \
    && install -d -o backroom /run/metrics
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER backroom
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=6s --start-period=30s \
    CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "--config", "python:config.gunicorn"]
