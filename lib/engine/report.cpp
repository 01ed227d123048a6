#include "engine/report.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace holdfast::engine {
namespace {

bool is_bad(const std::string& phase) {
  return phase == "failed" || phase == "broken" || phase == "backoff" || phase == "unready";
}

} // namespace

Report::Report() {
  auto logger =
      std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stdout_color_sink_st>());
  logger->set_pattern("%H:%M:%S.%e %^%v%$");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void Report::event(const EventRecord& record, const std::string& stack) {
  const std::string& who = record.service.empty() ? stack : record.service;
  std::string line = fmt::format("{:<16} {} -> {}", who, record.from, record.to);
  if (record.took != Duration{}) line += fmt::format(" ({} took {})", record.from, format_span(record.took));
  if (!record.why.empty()) line += ": " + record.why;
  spdlog::log(is_bad(record.to) ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

void Report::note(const std::string& line) {
  spdlog::info("{}", line);
}

void Report::trouble(const std::string& line) {
  spdlog::warn("{}", line);
}

} // namespace holdfast::engine
