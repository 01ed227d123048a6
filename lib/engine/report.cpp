#include "engine/report.h"

#include <poll.h>
#include <spdlog/async.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace holdfast::engine {
namespace {

bool is_bad(const std::string& phase) {
  return phase == "failed" || phase == "broken" || phase == "backoff" || phase == "unready";
}

constexpr std::size_t most_waiting = 1024;

} // namespace

Report::Report() {
  spdlog::init_thread_pool(most_waiting, 1);
  auto logger = std::make_shared<spdlog::async_logger>(
      "holdfast", std::make_shared<spdlog::sinks::stdout_color_sink_mt>(), spdlog::thread_pool(),
      spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%H:%M:%S.%e %^%v%$");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void Report::drain() {
  if (const std::size_t lost = spdlog::thread_pool()->overrun_counter(); lost > 0)
    trouble(std::to_string(lost) + " lines of this log were not written: nobody read it");
  spdlog::default_logger()->flush();
  for (int i = 0; i < 100 && spdlog::thread_pool()->queue_size() > 0; ++i)
    ::poll(nullptr, 0, 10);
}

void Report::event(const EventRecord& record, const std::string& stack) {
  const std::string& who = record.service.empty() ? stack : record.service;
  // Trouble that changes no phase names one phase twice.
  std::string line = record.from == record.to
                         ? fmt::format("{:<16} {:<8}", who, record.to)
                         : fmt::format("{:<16} {:<8} -> {:<8}", who, record.from, record.to);
  if (record.from != "down" && record.took != Duration{})
    line += fmt::format("  {:>10}", format_span(record.took));
  if (!record.why.empty()) line += "  " + record.why;
  spdlog::log(is_bad(record.to) ? spdlog::level::warn : spdlog::level::info, "{}", line);
}

void Report::note(const std::string& line) {
  spdlog::info("{}", line);
}

void Report::trouble(const std::string& line) {
  spdlog::warn("{}", line);
}

} // namespace holdfast::engine
