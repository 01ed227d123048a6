#include "observer/protocols.h"

#include "observer/amqp.h"
#include "observer/canary_probe.h"
#include "observer/celery_probe.h"
#include "observer/http_probe.h"
#include "observer/opensearch_probe.h"
#include "observer/postgresql.h"
#include "observer/redis.h"
#include "observer/tcp_probe.h"
#include "observer/uwsgi_probe.h"

namespace holdfast::observer {

Begin begin_of(wire::ProbeProtocol protocol) {
  using enum wire::ProbeProtocol;
  switch (protocol) {
  case tcp: return begin_tcp;
  case http: return begin_http;
  case opensearch: return begin_opensearch;
  case uwsgi: return begin_uwsgi;
  case celery: return begin_celery;
  case canary: return begin_canary;
  case postgresql: return begin_postgresql;
  case redis: return begin_redis;
  case amqp: return begin_amqp;
  }
  return nullptr;
}

} // namespace holdfast::observer
