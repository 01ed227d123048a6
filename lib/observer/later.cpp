#include "observer/later.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace holdfast::observer {

Later::Later(boost::asio::io_context& loop, std::function<void()> call)
    : call_(std::make_shared<std::function<void()>>(std::move(call))) {
  boost::asio::post(loop, [waiting = call_] {
    if (const auto call_now = std::exchange(*waiting, nullptr)) call_now();
  });
}

Later::~Later() {
  *call_ = nullptr;
}

} // namespace holdfast::observer
