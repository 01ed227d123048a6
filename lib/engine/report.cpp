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

/// Says where lines are missing that gave way, and how many. Used by the writing thread alone.
class HonestOutput : public spdlog::sinks::stdout_color_sink_mt {
public:
  /// `queue` is borrowed: it outlives its thread, and so all that is written.
  explicit HonestOutput(spdlog::details::thread_pool& queue) : queue_(queue) {}

  void log(const spdlog::details::log_msg& line) override {
    tell_lost();
    spdlog::sinks::stdout_color_sink_mt::log(line);
  }

private:
  void tell_lost() {
    const std::size_t lost = queue_.overrun_counter();
    const std::size_t untold = lost - told_;
    if (untold == 0) return;
    told_ = lost;
    const std::string text = std::to_string(untold) +
                             (untold == 1 ? " line of this log was" : " lines of this log were") +
                             " not written: nobody read it";
    spdlog::sinks::stdout_color_sink_mt::log({"holdfast", spdlog::level::warn, text});
  }

  spdlog::details::thread_pool& queue_;
  std::size_t told_ = 0;
};

} // namespace

Report::Report() {
  spdlog::init_thread_pool(most_waiting, 1);
  const auto queue = spdlog::thread_pool();
  auto logger = std::make_shared<spdlog::async_logger>("holdfast", std::make_shared<HonestOutput>(*queue),
                                                       queue, spdlog::async_overflow_policy::overrun_oldest);
  logger->set_pattern("%H:%M:%S.%e %^%v%$");
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void Report::drain() {
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
