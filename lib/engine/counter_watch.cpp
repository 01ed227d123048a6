#include "engine/counter_watch.h"

#include <array>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace holdfast::engine {

std::unique_ptr<CounterWatch> CounterWatch::open(boost::asio::io_context& loop, const std::string& path,
                                                 std::function<void()> changed) {
  Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return nullptr;
  return std::make_unique<CounterWatch>(loop, std::move(file), std::move(changed));
}

CounterWatch::CounterWatch(boost::asio::io_context& loop, Fd file, std::function<void()> changed)
    : file_(loop, file.release()), changed_(std::move(changed)) {
  arm();
  wait();
}

void CounterWatch::arm() {
  std::array<char, 512> text{};
  // What it says is read by whoever is told.
  [[maybe_unused]] const ssize_t n = ::pread(file_.native_handle(), text.data(), text.size(), 0);
}

void CounterWatch::wait() {
  file_.async_wait(boost::asio::posix::stream_descriptor::wait_error,
                   [this](boost::system::error_code error) {
                     if (error) return;
                     // Before it is told: a change that comes meanwhile is told once more.
                     arm();
                     wait();
                     const auto changed = changed_;
                     changed();
                   });
}

} // namespace holdfast::engine
